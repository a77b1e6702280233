"""A local Sage Accounting v3.1: the real endpoints, shapes, limits, side effects and faults.

It judges the adapter and knows nothing of it: only the kernel of the stand-ins is imported.
"""

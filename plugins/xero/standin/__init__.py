"""A local Xero: stateful, faithful, with faults on demand; it imports nothing of the adapter."""

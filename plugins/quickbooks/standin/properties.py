"""The fields each receivables entity has: anything else in a body earns Fault 2010."""

from __future__ import annotations

_ANY = frozenset(
    """
    AttachableRef ClientEntityId CurrencyRef CustomExtensions CustomField Id MetaData
    SyncToken V4IDPseudonym domain sparse status time
    """.split()
)

_TRANSACTION = frozenset(
    """
    DepartmentRef DocNumber ExchangeRate HomeTotalCostAmount Line LinkedTxn PrivateNote
    ProjectRef RecurDataRef RecurringInfo Tag TaxFormNum TaxFormType TotalAmt
    TotalCostAmount TransactionLocationType TxnApprovalInfo TxnDate TxnSource TxnStatus
    TxnSubType TxnTaxDetail
    """.split()
)

_SALES = frozenset(
    """
    ARAccountRef ApplyTaxAfterDiscount AutoDocNumber Balance BillAddr BillEmail BillEmailBcc
    BillEmailCc CheckPayment ClassRef CreditCardPayment CustomerMemo CustomerRef
    DeliveryInfo DepositToAccountRef DiscountAmt DiscountRate DueDate EmailStatus FOB
    FinanceCharge FreeFormAddress GlobalTaxCalculation GovtTxnRefIdentifier HomeBalance
    HomeTotalAmt PONumber PaymentMethodRef PaymentRefNum PaymentType PrintStatus RemitToRef
    SalesRepRef SalesTermRef ShipAddr ShipDate ShipFromAddr ShipMethodRef
    ShippingTaxIncludedInTotalTax TaxExemptionRef TemplateRef TrackingNum
    """.split()
)

_INVOICE = frozenset(
    """
    AllowIPNPayment AllowOnlineACHPayment AllowOnlineAffirmPayment
    AllowOnlineCreditCardPayment AllowOnlinePayPalPayment AllowOnlinePayment AutoPayEligible
    CfdiUse ConvenienceFeeDetail Deposit ECloudStatusTimeStamp EInvoiceStatus
    EnabledSurchargeInfo Exportation FinancingProductType GlobalInfo GratuityEnabled
    InvoiceEx InvoiceLink InvoiceLinkExpiryDate InvoiceLinkSecurityCode LessCIS
    PaymentDetailsMessage SchedulePayEligible ScheduledPaymentId SubscriptionPaymentsSetting
    TxnRetainageDetail callToAction invoiceStatus invoiceStatusLog
    """.split()
)

_CREDITMEMO = frozenset(
    """
    CreditMemoEx InvoiceRef RemainingCredit
    """.split()
)

_SALESRECEIPT = frozenset(
    """
    LessCIS SalesReceiptEx
    """.split()
)

_REFUNDRECEIPT = frozenset(
    """
    RefundReceiptEx RemainingCredit
    """.split()
)

_ESTIMATE = frozenset(
    """
    AcceptedBy AcceptedDate EstimateEx ExpirationDate
    """.split()
)

_PAYMENT = frozenset(
    """
    ARAccountRef CheckPayment CreditCardPayment CustomerRef DepositToAccountRef PaymentEx
    PaymentExtendedType PaymentMethodRef PaymentRefNum PaymentType ProcessPayment RemitToRef
    UnappliedAmt
    """.split()
)

_DEPOSIT = frozenset(
    """
    CashBack DepositEx DepositToAccountRef GlobalTaxCalculation HomeTotalAmt
    """.split()
)

_JOURNALENTRY = frozenset(
    """
    Adjustment EnteredInHomeCurrency GlobalTaxCalculation HomeCurrencyAdjustment
    HomeTotalAmt JournalEntryEx
    """.split()
)

_CUSTOMER = frozenset(
    """
    ARAccountRef AcctNum Active AltContactName AlternatePhone Balance BalanceWithJobs
    BillAddr BillWithParent BusinessNumber CCDetail ClientCompanyId CompanyName ContactName
    CreditLimit CustomerEx CustomerTypeRef DefaultTaxCodeRef DisplayName FamilyName Fax
    FullyQualifiedName GSTIN GSTRegistrationType GivenName IntuitId IsCISContractor
    IsProject Job JobInfo Level MiddleName Mobile Notes OpenBalanceDate Organization
    OtherAddr OtherContactInfo OverDueBalance ParentRef PaymentMethodRef
    PreferredDeliveryMethod PriceLevelRef PrimaryEmailAddr PrimaryPhone PrimaryTaxIdentifier
    PrintOnCheckName ResaleNum RootCustomerRef SalesRepRef SalesTermRef
    SecondaryTaxIdentifier ShipAddr Source Suffix TDSEnabled TaxExemptionReasonId
    TaxGroupCodeRef TaxIdentifier TaxRateRef TaxRegime Taxable Title TotalExpense
    TotalRevenue UserId WebAddr
    """.split()
)

PROPERTIES: dict[str, frozenset[str]] = {
    "Invoice": _ANY | _TRANSACTION | _SALES | _INVOICE,
    "CreditMemo": _ANY | _TRANSACTION | _SALES | _CREDITMEMO,
    "SalesReceipt": _ANY | _TRANSACTION | _SALES | _SALESRECEIPT,
    "RefundReceipt": _ANY | _TRANSACTION | _SALES | _REFUNDRECEIPT,
    "Estimate": _ANY | _TRANSACTION | _SALES | _ESTIMATE,
    "Payment": _ANY | _TRANSACTION | _PAYMENT,
    "Deposit": _ANY | _TRANSACTION | _DEPOSIT,
    "JournalEntry": _ANY | _TRANSACTION | _JOURNALENTRY,
    "Customer": _ANY | _CUSTOMER,
}

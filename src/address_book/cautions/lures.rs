//! Lures: words that forgers put beside a company's name, and where they occur in a label. Pure.

/// Lures of money, access and help. Words of ordinary company names (care, group, service, shop, team, bank, online)
/// are left out, since `vostok-service.ru` is rarely a forged `vostok.ru`.
const LURES: &[&str] = &[
    "account",
    "accounting",
    "accounts",
    "admin",
    "alert",
    "alerts",
    "auth",
    "authorize",
    "billing",
    "buh",
    "buhgalteria",
    "comptabilite",
    "compte",
    "confirm",
    "confirmation",
    "cuenta",
    "dogovor",
    "dostup",
    "email",
    "factura",
    "facturacion",
    "facturas",
    "facture",
    "factures",
    "faktura",
    "helpdesk",
    "invoice",
    "invoices",
    "kabinet",
    "konto",
    "kundenkonto",
    "login",
    "mahnung",
    "mail",
    "mailer",
    "noreply",
    "notification",
    "notifications",
    "notify",
    "oplata",
    "oplaty",
    "pago",
    "pagos",
    "paiement",
    "paiements",
    "parol",
    "password",
    "passwort",
    "pay",
    "payment",
    "payments",
    "payroll",
    "platezh",
    "platezhi",
    "pochta",
    "podderzhka",
    "portal",
    "rechnung",
    "rechnungen",
    "refund",
    "refunds",
    "remittance",
    "reset",
    "schet",
    "scheta",
    "secure",
    "security",
    "sicherheit",
    "signin",
    "soporte",
    "sso",
    "support",
    "unlock",
    "update",
    "updates",
    "verification",
    "verify",
    "vhod",
    "wallet",
    "webmail",
    "zahlung",
    "zahlungen",
    "безопасность",
    "бухгалтерия",
    "вход",
    "оплата",
    "пароль",
    "платежи",
    "поддержка",
    "почта",
    "счет",
    "счета",
    "счёт",
];

/// Words that are lures only as a part of a hyphenated label: `contoso-com.ru`.
const HYPHENED_LURES: &[&str] = &[
    "ceo",
    "com",
    "docs",
    "files",
    "official",
    "onedrive",
    "sharepoint",
    "treasury",
    "www",
];

/// True for a part of a hyphenated label that is a lure.
pub(super) fn is_lure(part: &str) -> bool {
    LURES.contains(&part) || HYPHENED_LURES.contains(&part)
}

/// The shortest lure that counts when written together with a name, as in `contosobilling`. Shorter ones make real
/// words and brands: `cloudmail`, `webpay`.
const SHORTEST_JOINED: usize = 5;

/// `label` without a lure at its beginning or end, once for each lure that is there.
pub(super) fn without_joined(label: &str) -> impl Iterator<Item = &str> {
    let joined = LURES.iter().filter(|lure| lure.chars().count() >= SHORTEST_JOINED);
    joined
        .flat_map(|lure| [label.strip_prefix(lure), label.strip_suffix(lure)])
        .flatten()
}

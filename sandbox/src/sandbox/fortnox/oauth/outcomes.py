"""How a consent can end (fact 1.7), and what the person's browser is then told."""

from __future__ import annotations

APPROVE, DENY = "approve", "deny"

REDIRECT_ERRORS = {  # outcome: error in the redirect
    "deny": "access_denied",
    "missing-licence": "error_missing_license",
    "missing-app-licence": "error_missing_app_license",
    "missing-admin": "error_missing_system_admin_right",
    "invalid-scope": "invalid_scope",
}
BARE = "bare"  # back with neither code nor state: the customer's account is locked, an unpaid bill
NO_SERVICE_ACCOUNT = "no-service-account"  # a page, no redirect
NO_OAUTH = "no-oauth"
WITHOUT = "without-"  # and a scope: approved, but for that one

LABELS = {
    "": "Inget fel",
    "missing-licence": "Kunden saknar licens för integrationen",
    "missing-app-licence": "Integrationen är inte köpt",
    "missing-admin": "Användaren är inte systemadministratör",
    "invalid-scope": "Behörigheten är inte aktiverad för appen",
    BARE: "Kundens konto är spärrat (obetald faktura)",
    NO_SERVICE_ACCOUNT: "Appen får inte använda servicekonto",
    NO_OAUTH: "Appen är inte öppen för OAuth",
    f"{WITHOUT}payment": "Godkänns utan betalningar",
    f"{WITHOUT}companyinformation": "Godkänns utan företagsinformation",
}

"""The voucher-sender: approved closing vouchers into Fortnox, each exactly once."""

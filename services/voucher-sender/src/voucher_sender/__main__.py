"""`python -m voucher_sender run | migrate | replay-dead-letters | show | undecided | decide`."""

from common import command
from voucher_sender.app import NAME, SCHEMA, create_app
from voucher_sender.operating.commands import COMMANDS
from voucher_sender.settings import VoucherSenderSettings

command.main(NAME, SCHEMA, VoucherSenderSettings, create_app, COMMANDS)

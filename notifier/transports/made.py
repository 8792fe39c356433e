"""The transport of an account: SMTP, or the API that its URL names."""

from notifier.account import Account
from notifier.api_url import ApiUrl
from notifier.transports import Slots, Transport
from notifier.transports.account import SmtpAccount
from notifier.transports.api.call import Barred, Provider, Reply
from notifier.transports.api.mailgun import Mailgun
from notifier.transports.api.postmark import Postmark
from notifier.transports.api.ses import Ses
from notifier.transports.api.sigv4 import Signer
from notifier.transports.api.transport import ApiTransport, machine_time
from notifier.transports.api.wire import Wire
from notifier.transports.smtp import SmtpTransport


def transport_of(account: Account, slots: Slots | None = None) -> Transport:
    """How this account sends."""
    api = account.api
    if api is None:
        return SmtpTransport(SmtpAccount.of(account), slots)
    return ApiTransport(account, provider_of(account, api), slots)


def provider_of(account: Account, api: ApiUrl) -> Provider:
    """Whoever takes its letters."""
    key = account.password.get_secret_value()
    if api.provider == "ses":
        return Ses(api.base, Signer(account.username, key, api.name, "ses"), api.configuration_set)
    return Mailgun(api.base, api.name, key) if api.provider == "mailgun" else Postmark(api.base, api.name, key)


def knock(account: Account, within_s: float) -> Barred | None:
    """Ask whether an account's API takes its key, without a letter; None where it does, or where it is SMTP."""
    api = account.api
    if api is None:
        return None
    provider, wire = provider_of(account, api), Wire(1, within_s, within_s)
    try:
        reply = wire.ask(provider.knock(machine_time()))
    finally:
        wire.close()
    if not isinstance(reply, Reply):
        return Barred(reply.said, is_for_good=False)
    judged = provider.judge(reply)
    if isinstance(judged, Barred):
        return judged
    is_well = reply.status in {400, 422}
    return None if is_well else Barred(f"unexpected: HTTP {reply.status}", is_for_good=False)

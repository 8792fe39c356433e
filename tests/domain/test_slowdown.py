"""Which replies slow whom, after what the big providers and servers publish."""

import pytest

from notifier.domain.slowdown import Scope, slowdown

ACCOUNT, GROUP = Scope.ACCOUNT, Scope.GROUP

REPLIES = [
    # Postfix
    ("CONNECT", 421, "4.7.0 mx.example Error: too many connections from 192.0.2.1", ACCOUNT),
    ("CONNECT", 421, "4.3.2 All server ports are busy", ACCOUNT),
    ("CONNECT", 421, "4.3.2 Service currently unavailable", ACCOUNT),
    ("EHLO", 421, "4.7.0 mx.example Error: too many errors", ACCOUNT),
    ("STARTTLS", 454, "4.7.0 TLS not available due to local problem", ACCOUNT),
    ("STARTTLS", 454, "4.7.0 Error: too many new TLS sessions from 192.0.2.1", ACCOUNT),
    ("AUTH", 450, "4.7.1 Error: too many AUTH commands from 192.0.2.1", ACCOUNT),
    ("MAIL", 450, "4.7.1 Error: too much mail from 192.0.2.1", ACCOUNT),
    ("RCPT", 450, "4.7.1 Error: too many recipients from 192.0.2.1", GROUP),
    ("RCPT", 450, "4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]", GROUP),
    ("RCPT", 450, "4.2.0 <a@b.example>: Recipient address rejected: Greylisted, see http://postgrey.example", None),
    ("RCPT", 451, "4.7.1 Greylisting in action, please come back later", None),
    ("RCPT", 450, "4.1.1 <a@b.example>: Recipient address rejected: unverified address: Address verification", None),
    ("RCPT", 450, "4.1.2 <a@b.example>: Recipient address rejected: Domain not found", None),
    ("RCPT", 451, "4.3.0 <a@b.example>: Temporary lookup failure", None),
    ("RCPT", 452, "4.2.2 <a@b.example>: Recipient address rejected: Mailbox is full", None),
    ("RCPT", 452, "4.5.3 Error: too many recipients per session", None),
    ("MAIL", 452, "4.3.1 Insufficient system storage", None),
    (".", 451, "4.3.0 Error: queue file write error", None),
    (".", 421, "4.3.0 mx.example Error: queue file write error", GROUP),
    (".", 421, "4.4.2 mx.example Error: timeout exceeded", GROUP),
    ("RCPT", 550, "5.7.1 Error: too many messages, rate limited", None),
    # Exim
    ("CONNECT", 421, "Too many concurrent SMTP connections; please try again later.", ACCOUNT),
    ("CONNECT", 421, "mx.example: SMTP load is too high; try later", ACCOUNT),
    ("RCPT", 451, "Temporary local problem - please try later", None),
    ("RCPT", 450, "Sender rate 120.4 / 1h exceeds the limit of 100", ACCOUNT),
    ("RCPT", 451, "You have sent too many mails, please slow down", GROUP),
    ("MAIL", 421, "mx.example: Too many messages in this connection", None),
    ("DATA", 421, "mx.example lost input connection", GROUP),
    (".", 452, "temporarily out of storage", None),
    ("RCPT", 451, "could not complete sender verify callout", None),
    # Exchange Online and Outlook.com
    (
        "CONNECT",
        421,
        "4.3.2 The maximum number of concurrent server connections has exceeded a limit, closing",
        ACCOUNT,
    ),
    ("CONNECT", 421, "RP-001 (BAY) Unfortunately, some messages from 192.0.2.1 weren't sent: rate limits", ACCOUNT),
    ("MAIL", 451, "4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77719)", ACCOUNT),
    ("RCPT", 451, "4.7.500 Server busy. Please try again later from [192.0.2.1]. (AS77713400)", GROUP),
    ("RCPT", 450, "4.7.26 Service does not accept messages sent over IPv6 unless they pass SPF or DKIM", GROUP),
    ("RCPT", 451, "4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation", GROUP),
    ("RCPT", 451, "4.7.651 The mail server [192.0.2.1] has been temporarily rate limited (S3114)", GROUP),
    ("RCPT", 451, "4.4.5 Congestion, please try again", GROUP),
    ("MAIL", 432, "4.3.2 Concurrent connections limit exceeded", ACCOUNT),
    ("RCPT", 452, "4.3.1 Insufficient system resources", None),
    (".", 452, "4.2.2 Mailbox full", None),
    (".", 432, "4.3.2 STOREDRV.Deliver; recipient thread limit exceeded", GROUP),
    (".", 450, "4.2.1 Mailbox of the user is locked", None),
    # Gmail
    ("CONNECT", 421, "4.7.0 Try again later, closing connection. (EHLO)", ACCOUNT),
    ("AUTH", 454, "4.7.0 Too many login attempts, please try again later.", ACCOUNT),
    ("AUTH", 454, "4.7.0 Temporary authentication failure", ACCOUNT),
    (".", 421, "4.7.0 [192.0.2.1 15] Our system has detected that this message is suspicious", GROUP),
    (".", 421, "4.7.28 Our system has detected an unusual rate of unsolicited mail from your IP address", GROUP),
    (".", 421, "4.7.28 Unusual rate of mail from your SPF domain; temporarily rate limited", GROUP),
    (".", 421, "4.7.0 IP not in whitelist for RCPT domain, closing connection.", GROUP),
    (".", 421, "4.7.26 This mail has been rate limited because it is unauthenticated", GROUP),
    ("RCPT", 450, "4.2.1 The user you are trying to contact is receiving mail at a rate that prevents", None),
    ("RCPT", 452, "4.2.2 The email account that you tried to reach is over quota", None),
    ("RCPT", 451, "4.3.0 Mail server temporarily rejected message", None),
    ("RCPT", 550, "5.4.5 Daily user sending limit exceeded", None),
    # Yahoo and AOL
    ("CONNECT", 421, "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume", ACCOUNT),
    ("MAIL", 421, "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to user complaints", ACCOUNT),
    ("MAIL", 421, "4.7.1 [TS03] All messages from 192.0.2.1 will be permanently deferred", ACCOUNT),
    (".", 451, "4.7.1 [TS01] Messages temporarily deferred", GROUP),
    (".", 451, "Resources temporarily unavailable. Please try again later [#4.16.5].", GROUP),
    ("DATA", 421, "4.7.0 [GL01] Message from (192.0.2.1) temporarily deferred", GROUP),
    ("RCPT", 452, "4.2.2 mailbox over quota", None),
    # iCloud
    ("CONNECT", 421, "4.7.0 Too many connections from your IP", ACCOUNT),
    ("RCPT", 450, "4.7.0 Rate limited, reduce your volume", GROUP),
    ("RCPT", 450, "4.2.2 recipient's inbox is full", None),
    ("RCPT", 451, "4.7.1 Connections from this host are temporarily throttled", GROUP),
    # SES
    (".", 454, "Throttling failure: Maximum sending rate exceeded.", ACCOUNT),
    ("RCPT", 454, "Throttling failure: Daily message quota exceeded.", ACCOUNT),
    ("AUTH", 454, "Temporary authentication failure", None),
    (".", 451, "Timeout waiting for data from client", None),
    (".", 451, "4.4.2 Timeout waiting for data from client.", None),
    # Mailgun and the like
    ("MAIL", 421, "Domain news.example has exceeded 300 messages/hour limit", ACCOUNT),
    (".", 421, "Domain news.example has exceeded 300 messages/hour limit", ACCOUNT),
    ("RCPT", 451, "Your account has exceeded its hourly limit", ACCOUNT),
    ("AUTH", 535, "5.7.8 Authentication credentials invalid", None),
    (".", 250, "2.0.0 Ok: rate is fine, try again later", None),
]


@pytest.mark.parametrize(("command", "code", "text", "scope"), REPLIES)
def test_a_reply_slows_whom_it_speaks_of(command: str, code: int, text: str, scope: Scope | None) -> None:
    assert slowdown(command, code, f"{code} {text}") is scope


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(REPLIES) >= 60

// BounceReplies.swift — refusals as large receivers and common servers write them, each with the category that it is to have.

/// `category: reply`; `| ` stands between the lines of a reply.
enum BounceReplies {
    static let all: [(category: String, reply: String)] =
        (gmail + microsoft + yahooAndApple + servers + gateways + others).split(separator: "\n").map { line in
            let halves = line.split(separator: ":", maxSplits: 1)
            return (String(halves[0]), String(halves[1].dropFirst()))
        }

    private static let gmail = """
        invalid_recipient: 550 5.1.1 The email account that you tried to reach does not exist. Please try| 5.1.1 double-checking the recipient's email address for typos or| 5.1.1 unnecessary spaces. For more information, go to| 5.1.1 https://support.google.com/mail/?p=NoSuchUser 41be03b00d2f7-6c7 - gsmtp
        invalid_recipient: 553 5.1.3 The recipient address <bob> is not a valid RFC 5321 address. - gsmtp
        dns: 550 5.1.2 We weren't able to find the recipient domain. Please check for any| 5.1.2 spelling errors. - gsmtp
        mailbox_disabled: 550 5.2.1 The email account that you tried to reach is disabled. - gsmtp
        mailbox_disabled: 550 5.2.1 The email account that you tried to reach is inactive. - gsmtp
        rate_limited: 550 5.2.1 The user you are trying to contact is receiving mail at a rate that| 5.2.1 prevents additional messages from being delivered. - gsmtp
        mailbox_full: 552 5.2.2 The email account that you tried to reach is over quota. - gsmtp
        mailbox_full: 552 5.2.2 The recipient's inbox is out of storage space and inactive. - gsmtp
        message_too_large: 552 5.2.3 Your message exceeded Google's message size limits. - gsmtp
        message_too_large: 552 5.3.4 Your message exceeded Google's message size limits. - gsmtp
        rate_limited: 550 5.4.5 Daily user sending limit exceeded. - gsmtp
        tls_required: 530 5.7.0 Must issue a STARTTLS command first. - gsmtp
        content_rejected: 552 5.7.0 This message was blocked because its content presents a potential| 5.7.0 security issue. - gsmtp
        spam: 550 5.7.1 Our system has detected that this message is| 5.7.1 likely unsolicited mail. To reduce the amount of spam sent to Gmail, this| 5.7.1 message has been blocked. - gsmtp
        reputation_blocked: 550 5.7.1 Our system has detected that this message is likely suspicious due to| 5.7.1 the very low reputation of the sending domain. - gsmtp
        reputation_blocked: 550 5.7.1 The IP you're using to send mail is not authorized to| 5.7.1 send email directly to our servers. - gsmtp
        auth_failed: 550 5.7.25 The IP address sending this message does not have a PTR record| 5.7.25 setup. - gsmtp
        auth_failed: 550 5.7.26 This mail has been blocked because the sender is unauthenticated.| 5.7.26 Gmail requires all senders to authenticate with either SPF or DKIM. - gsmtp
        auth_failed: 550 5.7.26 Unauthenticated email from acme.example is not accepted due to| 5.7.26 domain's DMARC policy. - gsmtp
        reputation_blocked: 550 5.7.28 There is an unusual rate of unsolicited mail originating from your IP| 5.7.28 address. To protect our users from spam, mail sent from your IP address has been blocked. - gsmtp
        tls_required: 550 5.7.29 Your email has been blocked because it was not sent over TLS. - gsmtp
        policy: 550 5.7.1 The user or domain that you are sending to (or from) has a policy that| 5.7.1 prohibited the mail that you sent. - gsmtp
        """ + "\n"

    private static let microsoft = """
        invalid_recipient: 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient bob@example.net not found by SMTP address lookup
        invalid_recipient: 550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found
        invalid_recipient: 550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [DB1PEPF000509F2.eurprd03.prod.outlook.com]
        invalid_recipient: 550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302). [BN8NAM11FT065]
        mailbox_full: 554 5.2.2 mailbox full; STOREDRV.Deliver; Recipient quota exceeded
        mailbox_full: 554 5.2.2 STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded
        mailbox_disabled: 554 5.2.1 STOREDRV.Deliver.Exception:AccountDisabledException.MapiExceptionMailboxDisabled
        message_too_large: 550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient
        dns: 550 5.4.310 DNS domain acme.example does not exist [Message=InfoDomainNonexistent]
        connection: 550 5.4.316 Message expired, connection refused(Socket error code 10061)
        protocol: 554 5.4.14 Hop count exceeded - possible mail loop ATTR34
        rate_limited: 550 5.7.508 Access denied, [192.0.2.1] has exceeded permitted limits within IPv4 range
        auth_failed: 550 5.7.509 Access denied, sending domain acme.example does not pass DMARC verification and has a DMARC policy of reject.
        reputation_blocked: 550 5.7.511 Access denied, banned sender[192.0.2.1]. To request removal from this list please forward this message.
        policy: 550 5.7.513 Service unavailable, Client host [192.0.2.1] blocked by bob@example.net using Customer Block list
        auth_failed: 550 5.7.515 Access denied, sending domain acme.example does not meet the required authentication level.
        auth_failed: 530 5.7.57 Client not authenticated to send mail.
        reputation_blocked: 550 5.7.606 Access denied, banned sending IP [192.0.2.1]; to request removal see https://sender.office.com
        relay_denied: 550 5.7.64 TenantAttribution; Relay Access Denied SMTP
        reputation_blocked: 550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP.
        spam: 550 5.7.501 Access denied, spam abuse detected from IP range.
        reputation_blocked: 550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3140).
        spam: 550 5.7.1 Message rejected as spam by Content Filtering.
        relay_denied: 550 5.7.1 Unable to relay
        policy: 550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check failed because the sender was not authenticated when sending to this group
        policy: 550 5.7.124 RESOLVER.RST.NotAuthorized; not authorized to send to this group
        """ + "\n"

    private static let yahooAndApple = """
        invalid_recipient: 554 delivery error: dd This user doesn't have a yahoo.com account (bob@yahoo.com) [-5] - mta4105.mail.bf1.yahoo.com
        mailbox_disabled: 554 delivery error: dd Sorry, your message to bob@yahoo.com cannot be delivered. This mailbox is disabled (554.30). - mta1.mail.yahoo.com
        mailbox_disabled: 554 30 Sorry, your message to bob@aol.com cannot be delivered. This account has been disabled or discontinued [#102].
        mailbox_full: 552 1 Requested mail action aborted, mailbox is full (#5.2.2)
        policy: 554 5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes
        policy: 554 Message not allowed - [PH01] Email not accepted for policy reasons. Please visit https://postmaster.yahooinc.com/error-codes [120]
        reputation_blocked: 553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is in Spamhaus's list; see https://postmaster.yahooinc.com/error-codes
        auth_failed: 550 5.7.9 This mail has been blocked because the sender is unauthenticated.
        invalid_recipient: 550 5.1.1 <bob@icloud.com>: user does not exist
        mailbox_disabled: 550 5.1.6 recipient no longer on server: bob@mac.com
        mailbox_full: 552 5.2.2 <bob@icloud.com>: user is over quota
        policy: 554 5.1.0 [HM08] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137
        reputation_blocked: 550 5.7.1 Mail from IP 192.0.2.1 was rejected due to listing in Spamhaus SBL. For details please see http://www.spamhaus.org/query/bl?ip=192.0.2.1
        auth_failed: 554 5.7.1 Your message was rejected due to acme.example's DMARC policy. See https://support.apple.com/en-us/HT204137 for info
        """ + "\n"

    private static let servers = """
        invalid_recipient: 550 5.1.1 <bob@example.net>: Recipient address rejected: User unknown in virtual mailbox table
        invalid_recipient: 550 5.1.1 <bob@example.net>: Recipient address rejected: undeliverable address: unknown user: "bob"
        policy: 550 5.1.0 <app@acme.example>: Sender address rejected: User unknown in virtual mailbox table
        policy: 550 5.1.8 <app@acme.example>: Sender address rejected: Domain not found
        dns: 550 5.1.2 <bob@example.net>: Recipient address rejected: Domain not found
        policy: 554 5.7.1 <bob@example.net>: Recipient address rejected: Access denied
        relay_denied: 554 5.7.1 <bob@example.net>: Relay access denied
        policy: 550 5.7.1 <mail.acme.example>: Helo command rejected: Host not found
        auth_failed: 554 5.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]
        reputation_blocked: 554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1
        message_too_large: 552 5.3.4 Message size exceeds fixed limit
        spam: 554 5.7.1 Spam message rejected
        content_rejected: 554 5.7.1 Message rejected: virus found: Eicar-Test-Signature
        mailbox_full: 552 5.2.2 <bob@example.net>: Quota exceeded (mailbox for user is full)
        dns: 550 5.4.4 Unable to route: no MX for the address
        timeout: 550 5.4.7 Delivery time expired
        invalid_recipient: 550 Unrouteable address
        invalid_recipient: 550 No Such User Here
        invalid_recipient: 550 The recipient cannot be verified. Please check all recipients of this message to verify they are valid.
        relay_denied: 550 relay not permitted
        relay_denied: 550 mail.acme.example [192.0.2.1] is currently not permitted to relay through this server.
        policy: 550 Verification failed for <app@acme.example>| No Such User Here| Sender verify failed
        policy: 550 Administrative prohibition
        mailbox_full: 552 Mailbox quota exceeded / this account is over quota
        message_too_large: 552 Message size exceeds maximum permitted
        spam: 550 High probability of spam
        reputation_blocked: 550 Rejected because 192.0.2.1 is in a black list at bl.spamcop.net
        invalid_recipient: 550 5.1.1 bob@example.net... User unknown
        dns: 550 5.1.2 bob@example.net... Host unknown (Name server: example.net: host not found)
        relay_denied: 553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)
        invalid_recipient: 550 sorry, no mailbox here by that name. (#5.1.1)
        invalid_recipient: 550 bob@example.net User bob (bob@example.net) not listed in Domino Directory
        """ + "\n"

    private static let gateways = """
        policy: 550 Administrative prohibition - envelope blocked - https://community.mimecast.com/docs/DOC-1369#550 [vX]
        invalid_recipient: 550 Invalid Recipient - https://community.mimecast.com/docs/DOC-1369#550 [vX]
        policy: 550 Rejected by header based manually Blocked Senders: app@acme.example - https://community.mimecast.com/docs/DOC-1369#550
        auth_failed: 550 Rejected by header based Anti-Spoofing policy: app@acme.example - https://community.mimecast.com/docs/DOC-1369#550
        auth_failed: 550 DMARC Sender Invalid - envelope rejected - https://community.mimecast.com/docs/DOC-1369#550
        reputation_blocked: 550 csi.mimecast.org Poor Reputation Sender. - https://community.mimecast.com/docs/DOC-1369#550
        content_rejected: 554 Email rejected due to security policies - virus signature detected - https://community.mimecast.com/docs/DOC-1369#554
        rate_limited: 550 Exceeding outbound thread limit - https://community.mimecast.com/docs/DOC-1369#550
        reputation_blocked: 554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1
        reputation_blocked: 550 5.7.0 Blocked - see https://support.proofpoint.com/dnsbl-lookup.cgi?ip=192.0.2.1
        policy: 550 5.7.0 Local Policy Violation - mx0a.pphosted.com
        invalid_recipient: 550 5.1.1 User Unknown - mx0a.pphosted.com
        content_rejected: 554 5.7.0 Message rejected due to content restrictions - mx0a.pphosted.com
        reputation_blocked: 554 Service unavailable; Client host [192.0.2.1] blocked using Barracuda Reputation; http://www.barracudanetworks.com/reputation/?r=1&ip=192.0.2.1
        invalid_recipient: 550 permanent failure for one or more recipients (bob@example.net:550 5.1.1 User unknown)
        policy: 550 permanent failure for one or more recipients (blocked)
        reputation_blocked: 554 Your access to this mail system has been rejected due to the sending MTA's poor reputation.
        invalid_recipient: 550 #5.1.0 Address rejected.
        """ + "\n"

    /// The ones that mislead: a name, an address, a bare code; and ours.
    private static let others = """
        invalid_recipient: 550 5.1.1 <spamhaus@example.net>: User unknown at antispam1.example.net
        unknown: 550 No
        unknown: 550 5.0.0 As you asked
        unknown: 553 5.1.0 <no-such-user@example.net> rejected
        unknown: 550 5.9.9 x
        invalid_recipient: 551 User not local
        invalid_recipient: 550 Requested action not taken: mailbox unavailable
        policy: 550 5.7.1 Requested action not taken: mailbox unavailable
        policy: 550 5.7.0 Your account has been suspended. Contact support.
        mailbox_full: 552 Exceeded storage allocation
        mailbox_full: 552 5.2.2 This message is larger than the current system limit or the recipient's mailbox is full. Create a shorter message body or remove attachments and try sending it again.
        message_too_large: 552 x
        auth_failed: 535 5.7.8 Authentication credentials invalid
        policy: 554 Transaction failed
        policy: 550 5.7.1 Delivery not authorized, message refused
        policy: 556 5.1.9 No service
        protocol: 503 Bad sequence of commands
        protocol: 553 5.6.7 Refused by Postrider: the server does not offer SMTPUTF8
        content_rejected: 554 5.6.0 Invalid message
        mailbox_disabled: 550 5.2.1 x
        rate_limited: 554 5.5.3 x
        """
}

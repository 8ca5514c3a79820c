"""Messages for test_dovecot_structure.py: as they should be, and damaged as they are in the wild. Line ends become CRLF there."""

TEXT = "Content-Type: text/plain; charset=us-ascii\n"

# ---- RFC 5322 and ENVELOPE (RFC 3501 §7.4.2)
HEADERS = {
    "envelope of all fields": """Date: Mon, 7 Feb 1994 21:52:25 -0800 (PST)
From: Fred Foobar <foobar@Blurdybloop.example>
Sender: "Secretary, The" <secretary@blurdybloop.example>
Reply-To: replies@blurdybloop.example
Subject: afternoon meeting
To: mooch@owatagu.siam.edu.example, "Mr. Zeus" <zeus@olympus.example>
Cc: Hera <hera@olympus.example>
Bcc: hades@olympus.example
Message-Id: <B27397-0100000@Blurdybloop.example>
In-Reply-To: <A1@owatagu.siam.edu.example>
References: <A0@owatagu.siam.edu.example> <A1@owatagu.siam.edu.example>

Hello Joe, do you think we can meet at 3:30 tomorrow?
""",
    "no header at all": "\nonly a body\n",
    "header only": "From: a@b.test\nSubject: no body\n\n",
    "header without its blank line": "From: a@b.test\nSubject: the end",
    "nothing but a subject": "Subject: x\n\nhi\n",
    "empty fields": "From:\nTo: \nSubject:\nDate:\nMessage-ID:\nIn-Reply-To: \n\nhi\n",
    "empty sender and reply-to": "From: a@b.test\nSender:\nReply-To:  \n\nhi\n",
    "groups": "From: a@b.test\nTo: A Group:Chris Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;, last@one.test\n"
              "Cc: Undisclosed recipients:;\nBcc: empty: ;, not@empty.test\n\nhi\n",
    "obsolete routes": "From: Joe <@gate.test,@mail.test:joe@home.test>\nTo: <@a.test:b@c.test>\n\nhi\n",
    "quoted local parts": 'From: "joe blow"@a.test\nTo: "a\\"b"@c.test, "Joe \\"Q\\" Blow" <joe@c.test>, "x@y"@z.test\n\nhi\n',
    "comments in addresses": "From: Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>\n"
                             "To: bob@example.test (Bob), joe@example.test (Joe (the (nested)) one)\n\nhi\n",
    "domain literals": "From: a@[127.0.0.1]\nTo: Joe <joe@[IPv6:::1]>\n\nhi\n",
    "addresses without a domain": "From: root\nTo: Operator <operator>, bob@example.test\nCc: daemon, cron\n\nhi\n",
    "stray commas": "From: a@b.test,\nTo: ,, a@b.test,, c@d.test ,\n\nhi\n",
    "brackets that do not match": "From: Joe <joe@a.test\nTo: Joe joe@a.test>\nCc: <<joe@a.test>>\n\nhi\n",
    "names with dots and at signs": "From: John Q. Public <john@a.test>\nTo: joe@a.test <joe@a.test>\nCc: J. R. R. <j@r.test>\n\nhi\n",
    "encoded words": "From: =?utf-8?q?J=C3=BCrgen?= <j@a.test>\nTo: =?iso-8859-1?q?Andr=E9?= Pirard <p@a.test>\n"
                     "Subject: =?utf-8?b?w6TDtsO8?= =?utf-8?b?w58=?= end\n\nhi\n",
    "raw UTF-8": "From: J\u00fcrgen <j@a.test>\nTo: \"\u00c4rger, M.\" <a@a.test>\nSubject: Fr\u00f6sche\n\nhi\n",
    "raw Latin-1": b"From: J\xfcrgen <j@a.test>\nSubject: Fr\xf6sche und =?iso-8859-1?q?H=E4schen?=\n\nhi\n",
    "raw octets in an encoded word": b"From: a@b.test\nSubject: =?iso-8859-1?q?Die_Fr\xf6sche?=\n\nhi\n",
    "folded fields": "From: a@b.test\nSubject: folded\n with a space\n\tand a tab\nTo: a@b.test,\n\tc@d.test\n"
                     "Message-ID:\n <folded@b.test>\n\nhi\n",
    "folded in front of more white space": "From: a@b.test\nSubject: two  spaces\n  and two more\n\nhi\n",
    "white space at the ends": "From: a@b.test\nSubject:   outer   \nDate:  Mon, 7 Feb 1994 21:52:25 -0800 \n\nhi\n",
    "fields that stand twice": "From: a@b.test\nSubject: one\nSubject: two\nDate: Mon, 7 Feb 1994 21:52:25 -0800\n"
                               "Date: Tue, 8 Feb 1994 21:52:25 -0800\nMessage-ID: <1@b.test>\nMessage-ID: <2@b.test>\n\nhi\n",
    "recipients that stand twice": "From: a@b.test\nTo: one@b.test\nTo: two@b.test\n\nhi\n",
    "fields in any case": "FROM: a@b.test\nsubject: lower\nMESSAGE-id: <1@b.test>\n\nhi\n",
    "space in front of the colon": "From : a@b.test\nSubject\t: obsolete\n\nhi\n",
    "a line that is no field": "From: a@b.test\nthis is no field\nSubject: behind it\n\nhi\n",
    "an mbox separator": "From bob@b.test Mon Feb  7 21:52:25 1994\nFrom: a@b.test\nSubject: behind it\n\nhi\n",
    "a body instead of a header": "Dear all,\nthere is no header.\n\nYours\n",
    "a blank in the blank line": "From: a@b.test\nSubject: x\n \nThe separator was not empty.\n\nhi\n",
    "several message ids": "From: a@b.test\nMessage-ID: <1@b.test> (made here)\nIn-Reply-To: <a@b.test> <c@d.test>\n"
                           "Subject: x\n\nhi\n",
    "in reply to prose": "From: a@b.test\nIn-Reply-To: Your message of \"Mon, 7 Feb\" <a@b.test>\n\nhi\n",
    "a long field": f"From: a@b.test\nSubject: {'long ' * 400}\n\nhi\n",
    "many recipients": "From: a@b.test\nTo: " + ",\n ".join(f"user{n}@b.test" for n in range(300)) + "\n\nhi\n",
    "quotes and backslashes": 'From: a@b.test\nSubject: "quoted" and \\back\\slash\n\nhi\n',
}

# ---- Content-* fields (RFC 2045, RFC 2183, RFC 2231, RFC 3282, RFC 2557)
FIELDS = {
    "all content fields": """MIME-Version: 1.0
Content-Type: image/png; name="a b.png"
Content-Transfer-Encoding: base64
Content-ID: <1@b.test>
Content-Description: A  picture of a frog
Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==
Content-Disposition: inline; filename=a.png; size=6; creation-date="Mon, 7 Feb 1994 21:52:25 -0800"
Content-Language: de, en-GB (comment), fr
Content-Location: http://b.test/a.png

AAAA
""",
    "upper case": "CONTENT-TYPE: TEXT/HTML; CHARSET=UTF-8\nCONTENT-TRANSFER-ENCODING: QUOTED-PRINTABLE\n"
                  "CONTENT-DISPOSITION: ATTACHMENT; FILENAME=A.TXT\n\nhi\n",
    "html without a charset": "Content-Type: text/html\n\n<p>\n",
    "text of an unknown kind": "Content-Type: text/x-myown; foo=bar\n\nhi\n",
    "type without a subtype": "Content-Type: text\n\nhi\n",
    "type without a subtype, with parameters": "Content-Type: text; charset=utf-8\n\nhi\n",
    "empty type": "Content-Type:\n\nhi\n",
    "type that is none": "Content-Type: /; x\n\nhi\n",
    "type that is prose": "Content-Type: this is prose\n\nhi\n",
    "types that stand twice": "Content-Type: text/html; charset=utf-8\nContent-Type: text/plain; charset=us-ascii\n\nhi\n",
    "comments in a type": "Content-Type: text/plain (plain); (what comes) charset=(is)us-ascii (a charset)\n\nhi\n",
    "spaces around the slash": "Content-Type: text / html ; charset = utf-8\n\nhi\n",
    "semicolons too many": "Content-Type: text/plain;; charset=utf-8;; format=flowed;\n\nhi\n",
    "a semicolon missing": 'Content-Type: text/plain; charset=utf-8\n\tformat="flowed"; delsp=yes\n\nhi\n',
    "no semicolon behind the type": "Content-Type: text/html charset=utf-8\n\nhi\n",
    "a file name without quotes": "Content-Type: application/pdf; name=my own file.pdf\n"
                                  "Content-Disposition: attachment; filename=my own file.pdf; size=3\n\nx\n",
    "a quote that is not closed": 'Content-Type: text/plain; charset="utf-8\n\nhi\n',
    "parameters that stand twice": "Content-Type: text/plain; charset=utf-8; charset=us-ascii\n\nhi\n",
    "a parameter without a value": "Content-Type: text/plain; charset; format=flowed\n\nhi\n",
    "an empty value": 'Content-Type: text/plain; charset=us-ascii; name=""\n\nhi\n',
    "RFC 2231": "Content-Type: application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A\n\nx\n",
    "RFC 2231 continued": 'Content-Type: message/external-body; access-type=URL; URL*0="ftp://";\n'
                          ' URL*1="cs.utk.test/pub"\n\nContent-Type: image/gif\n\n',
    "RFC 2231 continued and coded": "Content-Type: application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20;\n"
                                    ' title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2="isn\'t it!"\n\nx\n',
    "encoded words in parameters": 'Content-Type: application/pdf; name="=?utf-8?q?=C3=A4.pdf?="\n\nx\n',
    "raw UTF-8 in parameters": 'Content-Type: application/pdf; name="\u00e4.pdf"\n\nx\n',
    "disposition without a value": "Content-Type: image/png\nContent-Disposition: ; filename=a.png\n\nx\n",
    "unknown disposition": TEXT + "Content-Disposition: x-own; filename*=utf-8''%c3%a4\n\nhi\n",
    "one language": TEXT + "Content-Language: de\n\nhi\n",
    "encodings of their own": "Content-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: x-uuencode\n\nhi\n",
    "an encoding of two words": TEXT + "Content-Transfer-Encoding: 8 bit\n\nhi\n",
    "an encoding with a comment": TEXT + "Content-Transfer-Encoding: base64 (always)\n\naGkK\n",
    "an empty encoding": TEXT + "Content-Transfer-Encoding:\n\nhi\n",
    "encodings that stand twice": TEXT + "Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit\n\naGkK\n",
    "content fields without a type": "Content-Transfer-Encoding: base64\nContent-Description: x\n"
                                     "Content-Disposition: inline\nContent-Language: de\n\naGkK\n",
    "no line end behind the text": TEXT + "\ntwo\nlines",
    "a bare CR": (TEXT + "\na\rb\n").encode(),
    "a CR at the end": (TEXT + "\nend\n\r").encode(),
}

# ---- multipart (RFC 2046 §5.1) and message (§5.2)
MIXED = "Content-Type: multipart/mixed; boundary=b\n\n"
INNER = "Subject: inner\nFrom: in@b.test\n"
TREES = {
    "mixed": f"From: a@b.test\n{MIXED}preamble\n--b\n{TEXT}\none\n--b\nContent-Type: text/html\n\n<p>\n--b--\nepilogue\n",
    "nested": 'Content-Type: multipart/mixed; boundary="outer"\n\n--outer\nContent-Type: multipart/related; boundary="middle"\n\n'
              '--middle\nContent-Type: multipart/alternative; boundary="inner"\n\n--inner\n\nplain\n--inner\n'
              "Content-Type: text/html; charset=utf-8\n\n<p>\n--inner--\n--middle\nContent-Type: image/png\nContent-ID: <1>\n\n"
              "x\n--middle--\n\n--outer\nContent-Type: application/pdf\nContent-Disposition: attachment\n\ny\n--outer--\n",
    "parts without a header": MIXED + "--b\n\none\n--b\n\n\n--b--\n",
    "empty parts": MIXED + f"--b\n{TEXT}\n\n--b\n{TEXT}\n--b\n\n--b--\n",
    "a blank line at a part's end": MIXED + f"--b\n{TEXT}\none\n\n--b\n{TEXT}\ntwo\n\n\n--b--\n",
    "no close delimiter": MIXED + f"--b\n{TEXT}\none\n--b\n{TEXT}\ntwo\n",
    "cut off in a header": MIXED + f"--b\n{TEXT}\none\n--b\nContent-Type: text/ht",
    "cut off in a base64 body": MIXED + f"--b\n{TEXT}\none\n--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0",
    "no boundary parameter": "Content-Type: multipart/mixed\n\n--b\n\none\n--b--\n",
    "an empty boundary": 'Content-Type: multipart/mixed; boundary=""\n\n--\n\none\n----\n',
    "no delimiter": MIXED + "nothing but a preamble\n",
    "no delimiter and no body": MIXED,
    "a close delimiter only": MIXED + "preamble\n--b--\n",
    "the boundary in another case": "Content-Type: multipart/mixed; boundary=ABC\n\n--abc\n\none\n--abc--\n",
    "a boundary of odd octets": "Content-Type: multipart/mixed; boundary=\"gc0pJq0M:08jU53'()+_,-./:=?4U0p\"\n\n"
                                "--gc0pJq0M:08jU53'()+_,-./:=?4U0p\n\none\n--gc0pJq0M:08jU53'()+_,-./:=?4U0p--\n",
    "a boundary without its quotes": "Content-Type: multipart/mixed; boundary=----=_Part_1:2\n\n------=_Part_1:2\n\none\n------=_Part_1:2--\n",
    "a folded boundary": 'Content-Type: multipart/mixed;\n boundary="b"\n\n--b\n\none\n--b--\n',
    "no semicolon before the boundary": "Content-Type: multipart/mixed\n boundary=b\n\n--b\n\none\n--b--\n",
    "padding behind delimiters": MIXED + "--b \t\n\none\n--b--  \n",
    "text behind delimiters": MIXED + "--b the first\n\none\n--b-- the end\n\nepilogue\n--b\n\nno part\n",
    "a boundary that ends in blanks": 'Content-Type: multipart/mixed; boundary="b  "\n\n--b  \n\none\n--b  --\n',
    "an inner boundary that is longer": 'Content-Type: multipart/mixed; boundary=foo\n\n--foo\nContent-Type: multipart/mixed; '
                                        "boundary=foobar\n\n--foobar\n\none\n--foobar--\n--foo\n\ntwo\n--foo--\n",
    "an outer boundary that is longer": 'Content-Type: multipart/mixed; boundary=foobar\n\n--foobar\nContent-Type: '
                                        "multipart/mixed; boundary=foo\n\n--foo\n\none\n--foobar\n\ntwo\n--foobar--\n",
    "the same boundary inside": MIXED + "--b\n" + MIXED + "--b\n\none\n--b--\n--b--\n",
    "the outer one ends the inner one": MIXED + "--b\nContent-Type: multipart/alternative; boundary=i\n\n--i\n\none\n--b\n\ntwo\n--b--\n",
    "doubled delimiters": MIXED + "--b\n--b\n\none\n--b\n--b\n\ntwo\n--b--\n--b--\n",
    "no blank line in a part": MIXED + "--b\nno header here\nand a second line\n--b\nContent-Type: text/html\n<p>at once</p>\n--b--\n",
    "no blank line before the first delimiter": "Content-Type: multipart/mixed; boundary=b\n--b\n\none\n--b--\n",
    "no line end behind the last delimiter": MIXED + "--b\n\none\n--b--",
    "delimiters in the middle of a line": MIXED + "--b\n\none --b\n --b\n--b--\n",
    "encoded as a whole": "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n\none\n--b--\n",
    "multipart fields of their own": "Content-Type: multipart/mixed; boundary=b; x=y\nContent-Disposition: inline\n"
                                     "Content-Language: en\nContent-Location: /a\n\n--b\n\none\n--b--\n",
    "a subtype that nobody knows": "Content-Type: multipart/x-own; boundary=b\n\n--b\n\none\n--b--\n",
    "digest": f"Content-Type: multipart/digest; boundary=b\n\n--b\n\n{INNER}\none\n--b\n{TEXT}\ntwo\n--b\n\n{INNER}\nthree\n--b--\n",
    "digest of empty parts": "Content-Type: multipart/digest; boundary=b\n\n--b\n\n\n\n--b\n\n--b--\n",
    "signed": 'Content-Type: multipart/signed; boundary=b; micalg=pgp-sha256; protocol="application/pgp-signature"\n\n'
              f"--b\n{TEXT}\none\n\n--b\nContent-Type: application/pgp-signature; name=\"signature.asc\"\n\nx\n--b--\n",
    "report": "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
              f"--b\n{TEXT}\nIt failed.\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; b.test\n\n"
              f"Final-Recipient: rfc822; a@b.test\n\n--b\nContent-Type: message/rfc822\n\n{INNER}\nhi\n--b--\n",
    "headers only": f"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: text/rfc822-headers\n\n{INNER}\n--b--\n",
    "message": f"Content-Type: message/rfc822\n\n{INNER}To: a@b.test\n\nhi\n",
    "message in message in message": f"Content-Type: message/rfc822\n\n{INNER}Content-Type: message/rfc822\n\n{INNER}"
                                     f"Content-Type: message/rfc822\n\n{INNER}\ndeep\n",
    "a multipart in a message": f"{MIXED}--b\nContent-Type: message/rfc822\nContent-Disposition: attachment; filename=a.eml\n\n"
                                f"{INNER}Content-Type: multipart/alternative; boundary=i\n\n--i\n\none\n--i\n"
                                "Content-Type: text/html\n\n<p>\n--i--\n\n--b--\n",
    "a multipart at a message's end": f"{MIXED}--b\nContent-Type: message/rfc822\n\n{INNER}Content-Type: multipart/mixed; "
                                      "boundary=i\n\n--i\n\none\n--i--\n--b--\n",
    "a message without a header": f"{MIXED}--b\nContent-Type: message/rfc822\n\nthis is no message\n--b--\n",
    "a message without a body": f"{MIXED}--b\nContent-Type: message/rfc822\n\n{INNER}--b--\n",
    "an empty message": f"{MIXED}--b\nContent-Type: message/rfc822\n\n--b--\n",
    "a message in base64": f"{MIXED}--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogaQoK\n--b--\n",
    "a piece of a message": f"Content-Type: message/partial; id=\"1@b.test\"; number=1; total=2\n\n{INNER}\nhi\n",
    "a message elsewhere": "Content-Type: message/external-body; access-type=anon-ftp; site=b.test; name=a\n\n"
                           "Content-Type: image/gif\nContent-ID: <1@b.test>\n\n",
    "a message of RFC 6532": f"Content-Type: message/global\n\n{INNER}\nhi\n",
}

MESSAGES = {name: text if isinstance(text, bytes) else text.encode()
            for name, text in {**HEADERS, **FIELDS, **TREES}.items()}

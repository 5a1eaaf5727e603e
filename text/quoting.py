"""What somebody wrote, quoted in an answer."""

import re

PICTURE = re.compile(r"!\[([^\[\]\n]*)\]\(adjunto:\d+\)")


def quoted(body: str, *, introduction: str) -> str:
    """The text behind `> `, below a line that says whose it is. Its pasted pictures stay where they were sent."""
    lines = PICTURE.sub(r"[\1]", body).strip().split("\n")
    return "\n".join([introduction, *(f"> {line}".rstrip() for line in lines), "", ""])

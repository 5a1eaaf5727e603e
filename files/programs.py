"""Files that a double click would run: refused from customers, under whatever name they come."""

import struct
from typing import BinaryIO

from files import content
from files.names import extension

EXTENSIONS = (
    {"exe", "com", "scr", "pif", "bat", "cmd", "dll", "sys", "drv", "ocx", "cpl", "xll"}  # programs and their parts
    | {"msi", "msp", "mst", "msu", "msix", "msixbundle", "appx", "appxbundle", "appref-ms", "application", "gadget"}
    | {"ps1", "psm1", "psd1", "ps1xml", "vbs", "vbe", "jse", "wsf", "wsh", "wsc", "ws", "sct", "hta"}  # scripts
    | {"lnk", "scf", "reg", "inf", "chm", "msc", "ins", "isp"}  # what starts a program or changes settings
    | {"jar", "jnlp", "apk"}
)
MAGIC = (
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",  # a Java class, or a Mach-O for several processors
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\x4c\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46",  # a Windows shortcut
)
# Classes {000C1082…} transform, {000C1084…} installer, {000C1086…} patch.
INSTALLER_CLASSES = {
    bytes([low, 0x10, 0x0C, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46]) for low in (0x82, 0x84, 0x86)
}


def is_named_like_one(name: str) -> bool:
    """By the last extension; "programa.exe::$DATA" is how Windows also spells programa.exe."""
    return any(extension(part.rstrip(". ")) in EXTENSIONS for part in name.split(":"))


def is_one(file: BinaryIO, head: bytes, *, is_text: bool) -> bool:
    """By content: `head` is the beginning of `file`. Words may begin with MZ, a program is never plain text."""
    if head.startswith(b"MZ"):
        return not is_text
    if head.startswith(content.OLE_START):
        return _root_class(file, head) in INSTALLER_CLASSES
    return head.startswith(MAGIC)


def _root_class(file: BinaryIO, head: bytes) -> bytes:
    """The class of an OLE container: 16 bytes of its root entry, the first one of the directory's first sector."""
    if len(head) < 52:
        return b""
    (sector_power,) = struct.unpack_from("<H", head, 30)
    (first_sector,) = struct.unpack_from("<I", head, 48)
    file.seek((first_sector + 1 << min(sector_power, 12)) + 80)
    return file.read(16)

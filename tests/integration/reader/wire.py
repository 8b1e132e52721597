"""Bytes of a segment: CRC-32C, BLAKE2b-256, block headers, and FlatBuffers as far as an EvidenceBlock needs them."""
import hashlib
import struct

HEAD = 144  # bytes of a block's header

CRC_TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    CRC_TABLE.append(byte)


def crc32c(*parts):
    crc = 0xFFFFFFFF
    for part in parts:
        for byte in part:
            crc = CRC_TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def blake(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def is_head(head, salt):
    """A block's header, sound under this salt: its extent can be trusted."""
    return len(head) == HEAD and head[:4] == b"PHRB" and head[8:24] == salt and \
        number(head, "I", 140) == crc32c(salt, head[:140])


def number(data, form, at):
    return struct.unpack_from("<" + form, data, at)[0]


def field(data, table, index):
    """Where the index-th field of the table stands; 0: absent."""
    vtable = table - number(data, "i", table)
    slot = 4 + 2 * index
    offset = number(data, "H", vtable + slot) if slot < number(data, "H", vtable) else 0
    return table + offset if offset else 0


def vector(data, at):
    if not at:
        return 0, 0
    at += number(data, "I", at)
    return at + 4, number(data, "I", at)

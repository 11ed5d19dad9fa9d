"""The checksum of TensorBoard's event files, against the published check value of CRC-32C (RFC 3720: "123456789")."""

from monitor.run_dir.crc32c import masked_crc32c

CHECK = 0xE3069283


def masked(crc):
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_the_check_value_masked():
    assert masked_crc32c(b"123456789") == masked(CHECK)


def test_of_nothing_and_of_zeros():
    assert masked_crc32c(b"") == masked(0)
    assert masked_crc32c(bytes(32)) == masked(0x8A9136AA)  # RFC 3720, B.4

import Foundation

/// One text as zlib's own deflate has written it, so that our reading is not measured against our
/// writing.
enum ZlibSamples {
    static let text = Array(
        (0..<60).map { "span \($0 * $0) of trace \($0 % 7)" }.joined(separator: " ").utf8)

    static let byLevel: [Int: [UInt8]] = [1: level1, 6: level6]

    private static let level1 = decode(
        """
        H4sIAAAAAAAEA23UW04DMQyF4a3MEmI71+VUCB4LouxfDJpj5a/oW2VlnM+X9PF1ux/l+Pw4fr5vb+/n
        z8dfxHbErkjdEb8ia0dCX/UdqlfI2w61KxQ41a9QRS4JOi4UYUIlgxXYU+E4J4ZVpJPDOm4VxBZwkjhr
        EMUbzsniE/lkCce9skSHT5bKOrIpFedkqRP5ZGmOe2VpAz5ZOuuQpfOcLIP5ZBm8V5ZJnyyLdeSesN6c
        UXnRGCvsYE7J2Ooc09NM5DHn8ASy4JRzayrXIUnt1d50FpSkzk1M0uDGJmlys5O0+AJyeQqnI5KbYYz5
        orxg3iJ5FCyGSF7L/w3yxopE8s6TSRrMmaTJ25O06BQpnioSKc557D8Edel8JKhIpAj2U6So7Hz8AuJp
        xdC9BAAA
        """)

    private static let level6 = decode(
        """
        H4sIAAAAAAAAA22UUW7DMAxDr5IjiJIs28cphu2zG9reH8sQa1HB/AWEEz9SVJ4/t/sm2/fX9nrcPj73
        x+efglPBofip6KHMU7H1VpySH5K2U2qHZOVUrI9PIggnhAFigAhTKAgD7sSBmASCGUSi1QPSVhCLDk7E
        1InFAsTi1UeG4iAWHxxL00ksrQexRPWxWKKeWyxdOZde710sw7kls/rInlS/OSO5CAZSE8wpoXFf8DaT
        7KzW4S0gWHA6exuckdpVb6Ia+i9ObWIi9eCIMGqzE2naRXmkOlpIiquNUuGU1MQJSV24Qdqqo6xzCO+W
        duGUdNTbE2mCa2RvjhaSwXjB9iXhlMyCfznmNXn7BeJpxdC9BAAA
        """)

    private static func decode(_ base64: String) -> [UInt8] {
        Array(Data(base64Encoded: base64, options: .ignoreUnknownCharacters) ?? Data())
    }
}

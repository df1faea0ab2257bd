import Foundation
import HTTPServing
import Testing

@testable import OTLPReceiving

@Suite struct CredentialTests {
    /// FIPS 180-4's examples, and the empty text.
    @Test(arguments: [
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ])
    func `a digest is SHA-256`(_ text: String, _ hex: String) {
        #expect(SHA256Digest(of: text).hex == hex)
        #expect(SHA256Digest(hex: hex) == SHA256Digest(of: text))
        #expect(SHA256Digest(hex: hex.uppercased()) == SHA256Digest(of: text))
    }

    @Test func `a digest is 64 hex digits and nothing else`() {
        let hex = String(repeating: "0123456789abcdef", count: 4)
        for text in ["", String(hex.dropLast()), hex + "0", "g" + hex.dropFirst(), " " + hex] {
            #expect(SHA256Digest(hex: text) == nil, "\(text)")
        }
        // Neighbours of the digits and letters, and what only looks like one.
        for character in ["/", ":", "@", "G", "`", "g", "\u{ff10}"] {
            #expect(SHA256Digest(hex: character + hex.dropFirst()) == nil, "\(character)")
        }
    }

    private static let hex = SHA256Digest(of: "abc").hex

    @Test func `each form is read`() throws {
        #expect(try Credential("sha256:" + Self.hex) == .key(SHA256Digest(of: "abc")))
        #expect(try Credential("sha256:" + Self.hex.uppercased()) == .key(SHA256Digest(of: "abc")))
        #expect(try Credential("basic:sha256:" + Self.hex) == .basic(SHA256Digest(of: "abc")))
        let name = try #require(ClientNamePattern("*.a.example"))
        #expect(try Credential("certificate:*.a.example") == .certificate(name))
        let uri = try #require(ClientNamePattern("spiffe://example/agent"))
        #expect(try Credential("certificate:spiffe://example/agent") == .certificate(uri))
    }

    static let wrong: [(text: String, expected: String)] = [
        ("mgw_Secret-Secret-Secret", "sha256: and 64 hex digits, basic:"),
        ("", "sha256: and 64 hex digits, basic:"),
        ("sha256:mgw_Secret-Secret-Secret", "sha256: and 64 hex digits; `"),
        ("sha256:Secret" + hex.dropFirst(6), "sha256: and 64 hex digits; `"),
        ("sha256: " + hex, "sha256: and 64 hex digits; `"),
        ("SHA256:" + hex, "sha256: and 64 hex digits, basic:"),
        ("sha512:" + hex + hex, "sha256: and 64 hex digits, basic:"),
        ("basic:Secret", "basic:sha256: and 64"),
        ("basic:sha256:user:Secret", "basic:sha256: and 64"),
        ("basic:sha256:" + hex + "0", "basic:sha256: and 64"),
        ("certificate:", "certificate: and a name"),
        ("certificate:Secret*", "certificate: and a name"),
    ]

    @Test(arguments: wrong)
    func `anything else says what was expected, never what stands there`(
        _ example: (text: String, expected: String)
    ) {
        do throws(Credential.Invalid) {
            _ = try Credential(example.text)
            Issue.record("taken")
        } catch {
            #expect(error.description.hasPrefix(example.expected))
            let said = "\(error) \(String(reflecting: error)) \(error as any Error)"
            #expect(!said.contains("Secret"))
            #expect(!said.contains(Self.hex.dropFirst(8).prefix(16)))
            if !example.text.hasPrefix("certificate") {
                #expect(error.description.contains("`mastra-gateway credential hash"))
            }
        }
    }

    @Test func `a digest and a key print as stars`() {
        let digest = SHA256Digest(of: "abc")
        let key = GeneratedKey()
        let secret = try? ClientSecret(key.revealed, user: "u")
        for value in [digest, key, secret as Any, Credential.key(digest)] as [Any] {
            var dumped = ""
            dump(value, to: &dumped)
            for text in ["\(value)", String(reflecting: value), dumped] {
                #expect(text.contains("****") || text.contains("children"), "\(text)")
                #expect(!text.contains(key.revealed.dropFirst(4)))
                #expect(!text.contains(digest.hex) && !text.contains("186, 120"))
            }
        }
    }

    // MARK: Keys

    @Test func `a new key is 32 bytes of chance in base64url`() throws {
        struct Ones: RandomNumberGenerator {
            mutating func next() -> UInt64 { .max }
        }
        var ones = Ones()
        #expect(
            GeneratedKey(from: &ones).revealed
                == "mgw_" + String(repeating: "_", count: 42) + "8")
        let keys = (0..<100).map { _ in GeneratedKey().revealed }
        #expect(Set(keys).count == 100)
        for key in keys {
            #expect(key.utf8.count == 47 && key.hasPrefix("mgw_"))
            let standard = key.dropFirst(4).map {
                $0 == "-" ? "+" : $0 == "_" ? "/" : String($0)
            }.joined()
            #expect(Data(base64Encoded: standard + "=")?.count == 32)
        }
    }

    @Test func `a key becomes a line of the configuration and of an environment`() throws {
        let secret = try ClientSecret("0123456789abcdef", user: nil)
        #expect(secret.revealed == "0123456789abcdef")
        #expect(try Credential(secret.credential) == .key(SHA256Digest(of: "0123456789abcdef")))
        #expect(
            secret.environmentLine
                == "OTEL_EXPORTER_OTLP_HEADERS=\"authorization=Bearer%200123456789abcdef\"")
    }

    @Test func `so does a password`() throws {
        let secret = try ClientSecret("pässword>>>?????", user: "me")
        #expect(secret.revealed == "me:pässword>>>?????")
        #expect(
            try Credential(secret.credential) == .basic(SHA256Digest(of: "me:pässword>>>?????")))
        let encoded = Data("me:pässword>>>?????".utf8).base64EncodedString()
        #expect(secret.authorization == "Basic " + encoded)
        #expect(encoded.contains("+") && encoded.contains("/") || encoded.contains("="))
        let escaped = encoded.replacingOccurrences(of: "+", with: "%2B")
            .replacingOccurrences(of: "/", with: "%2F").replacingOccurrences(of: "=", with: "%3D")
        #expect(
            secret.environmentLine
                == "OTEL_EXPORTER_OTLP_HEADERS=\"authorization=Basic%20\(escaped)\"")
    }

    static let unfit: [(secret: String, user: String?, words: String)] = [
        ("0123456789abcde", nil, "the key has fewer than 16 characters"),
        ("", nil, "the key has fewer"), ("short-Secret", "me", "the password has fewer"),
        ("Secret-Secret Secret", nil, "the key has a space"),
        ("Secret-Secret-Secrét", nil, "the key has a space or another"),
        ("Secret-Secret\u{7f}Secret", nil, "the key has a space"),
        ("Secret-Secret\u{7}Secret", "me", "the password has characters"),
        ("Secret-Secret-Secret", "m:e", "a user is"), ("Secret-Secret-Secret", "", "a user is"),
        ("Secret-Secret-Secret", "m\u{1}", "a user is"),
        (String(repeating: "Secret", count: 700), nil, "the key is too long"),
        (String(repeating: "Secret", count: 520), "me", "the password is too long"),
    ]

    @Test(arguments: unfit)
    func `what could be guessed or cannot be sent is no key`(
        _ example: (secret: String, user: String?, words: String)
    ) {
        do throws(ClientSecret.Unfit) {
            _ = try ClientSecret(example.secret, user: example.user)
            Issue.record("taken")
        } catch {
            #expect(error.description.hasPrefix(example.words))
            #expect(!"\(error)".contains("Secret"))
        }
    }

    // MARK: Base64

    @Test func `base64 is that of others`() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 151 + 7) }
            let padded = Data(bytes).base64EncodedString()
            let bare = padded.filter { $0 != "=" }
            #expect(Base64.encoded(bytes, as: .padded) == padded)
            #expect(Base64.encoded(bytes, as: .standard) == bare)
            #expect(
                Base64.encoded(bytes, as: .url)
                    == String(bare.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }))
            #expect(Base64.decoded(padded) == bytes)
            #expect(Base64.decoded(bare) == bytes)
        }
    }

    @Test(arguments: [
        "A", "AAAAA", "AA=", "A===", "====", "=AAA", "AA=A", "AAAA====", "AB", "AB==", "AAB",
        "AA A",
        "AA-_", "AAA\u{e9}", "AA==AA==",
    ])
    func `what is no base64, or another spelling of it, is not read`(_ text: String) {
        #expect(Base64.decoded(text) == nil)
    }
}

import CloudExport
import Testing

@Suite struct SecretTests {
    private struct Holder {
        let name = "holder"
        let token: Secret
        let list: [Secret]
        let optional: Secret?
    }

    private let secret = Secret("mst_hidden")

    @Test func `whatever prints a secret prints stars`() {
        var dumped = ""
        dump(secret, to: &dumped)
        let texts = [
            secret.description, secret.debugDescription, "\(secret)", String(describing: secret),
            String(reflecting: secret), dumped, "\([secret])", "\(Optional(secret) as Any)",
            "\(["key": secret])",
        ]
        for text in texts {
            #expect(!text.contains("hidden"))
            #expect(text.contains("****"))
        }
    }

    @Test func `a secret inside another value stays hidden`() {
        let holder = Holder(token: secret, list: [secret], optional: secret)
        var dumped = ""
        dump(holder, to: &dumped)
        for text in ["\(holder)", String(reflecting: holder), dumped] {
            #expect(!text.contains("hidden"))
            #expect(text.contains("holder"))
        }
    }

    @Test func `reflection finds nothing inside`() {
        #expect(Mirror(reflecting: secret).children.isEmpty)
        #expect(Mirror(reflecting: secret).superclassMirror == nil)
        #expect(Mirror(reflecting: secret).descendant("revealed") == nil)
    }

    @Test(
        arguments: [
            ("", ""), ("nothing", "nothing"), ("mst_hidden", "****"),
            ("a mst_hidden b mst_hiddenmst_hidden", "a **** b ********"),
            // Cut in the middle of it.
            ("token mst_h", "token ****"), ("token mst", "token mst"), ("mst_hiddem", "mst_hiddem"),
            ("mst_mst_hidden é", "mst_**** é"),
        ])
    func `a text that repeats it has stars in its place`(_ text: String, _ clean: String) {
        #expect(secret.hidden(in: text) == clean)
    }

    @Test func `nothing is hidden of an empty secret`() {
        #expect(Secret("").hidden(in: "text") == "text")
    }

    @Test func `the one place that sends it reads it, and equal ones are equal`() {
        #expect(secret.revealed == "mst_hidden")
        #expect(secret == Secret("mst_hidden"))
        #expect(secret != Secret("mst_other"))
    }
}

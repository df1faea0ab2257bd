import Testing

@testable import Gateway

@Suite struct RecordSplitterTests {
    private func records(_ body: String) -> [String] {
        let bytes = Array(body.utf8)
        return RecordSplitter.records(in: bytes).map {
            String(decoding: bytes[$0], as: UTF8.self)
        }
    }

    @Test(arguments: [
        [], ["{}"], ["{}", "{}"], [#"{"a":1}"#, #"{"b":[1,[2,{"c":{}}]]}"#],
        [#"{"a":"}"}"#, #"{"a":"{"}"#, #"{"a":"]["}"#], [#"{"a":"\""}"#, #"{"a":"\\"}"#],
        [#"{"a":"\\\"}"}"#, #"{"}":"{"}"#], [#"{"a":"é✓😀"}"#],
    ])
    func `records are found whatever stands in them`(_ expected: [String]) {
        #expect(records("{\"spans\":[\(expected.joined(separator: ","))]}") == expected)
    }

    @Test func `nothing is found in nothing`() {
        #expect(records("") == [])
        #expect(records("{}") == [])
    }
}

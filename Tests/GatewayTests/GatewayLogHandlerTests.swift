import Foundation
import Logging
import Testing

@testable import Gateway

@Suite struct GatewayLogHandlerTests {
    private let lines = Recorder<String>()

    private func logger(_ format: LogFormat, _ level: LogLevel = .info) -> Logger {
        Logger(label: "receiver") { [lines] label in
            GatewayLogHandler(label: label, level: SharedLogLevel(level), format: format) {
                lines.append($0)
            }
        }
    }

    /// A line without its time, which is checked for its form.
    private func timeless(_ line: String?) throws -> String {
        let line = try #require(line)
        let time = #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/#
        #expect(line.contains(time))
        return line.replacing(time, with: "TIME", maxReplacements: 1)
    }

    // MARK: For people

    @Test func `a line has time, level, sentence, and metadata by key`() throws {
        logger(.text).info(
            "Uploads go on", metadata: ["b": "two words", "a": "1", "c": "say \"hi\"\n"])
        #expect(
            try timeless(lines.items.first)
                == "TIME info  Uploads go on  a=1  b=\"two words\"  c=\"say \\\"hi\\\"\\n\"\n")
        #expect(lines.items.count == 1)
    }

    @Test func `levels are padded to one width`() throws {
        let logger = logger(.text, .debug)
        logger.debug("d")
        logger.info("i")
        logger.warning("w")
        logger.error("e")
        #expect(
            try lines.items.map(timeless)
                == ["TIME debug d\n", "TIME info  i\n", "TIME warn  w\n", "TIME error e\n"])
    }

    @Test func `no control character of metadata gets through`() {
        let controls = (0..<0x20).map { String(UnicodeScalar(UInt8($0))) }.joined()
        logger(.text).info("m", metadata: ["k": "\(controls)\u{7f}\u{9b}31m"])
        let line = lines.items[0].dropLast()
        #expect(line.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
    }

    // MARK: For machines

    @Test func `a JSON line has its members in order`() throws {
        logger(.json).warning("Careful", metadata: ["b": "2", "a": "x\ny"])
        #expect(
            try timeless(lines.items.first)
                == #"{"time":"TIME","level":"warn","component":"receiver","message":"Careful","a":"x\ny","b":"2"}"#
                + "\n")
    }

    @Test func `any text is one line of JSON`() throws {
        let text = (0..<0x100).map { String(UnicodeScalar(UInt8($0))) }.joined() + "\u{2028}"
        logger(.json).info("\(text)", metadata: ["k\"\n": "\(text)"])
        let line = try #require(lines.items.first)
        #expect(line.utf8.filter { $0 == 10 }.count == 1)
        let object =
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
        #expect(object?["message"] == text)
        #expect(object?["k\"\n"] == text)
    }

    // MARK: Both

    @Test(
        arguments: [
            (.debug, ["debug", "info", "info", "warn", "error", "error"]),
            (.info, ["info", "info", "warn", "error", "error"]),
            (.warn, ["warn", "error", "error"]),
            (.error, ["error", "error"]),
        ] as [(LogLevel, [String])])
    func `what is below the level is not written`(_ level: LogLevel, _ expected: [String]) throws {
        let logger = logger(.json, level)
        for level in Logger.Level.allCases { logger.log(level: level, "m") }
        let levels = try lines.items.map { line in
            try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])[
                "level"]
        }
        #expect(levels == expected)
    }

    @Test func `a logger's own metadata is there too, and that of the event is over it`() throws {
        var logger = logger(.text)
        logger[metadataKey: "a"] = "own"
        logger[metadataKey: "b"] = "own"
        logger.info("m", metadata: ["b": "event"])
        #expect(logger[metadataKey: "a"] == "own")
        #expect(try timeless(lines.items.first) == "TIME info  m  a=own  b=event\n")
    }

    @Test func `an error is written with its event`() throws {
        struct Trouble: Error, CustomStringConvertible { var description: String { "no disk" } }
        logger(.text).error("m", error: Trouble())
        #expect(try timeless(lines.items.first) == "TIME error m  error=\"no disk\"\n")
    }
}

// CPU time and bytes of a span in the local store, and what lists and traces cost in a large one.
//
//   store-benchmark FILE [SPANS [plain]]
//
// Spans come in traces of ten and batches of 500, with 1 KiB of messages each; plain ones have none.

import Glibc
import LocalStore
import MastraRecords

func cpuSeconds() -> Double {
    var usage = rusage()
    getrusage(0, &usage)  // RUSAGE_SELF
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

func hex(_ number: UInt64, _ width: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: width - digits.utf8.count) + digits
}

let words: [String] = [
    "weather", "in", "Paris", "today", "what", "is", "the", "temperature", "rain", "expected",
    "tomorrow", "please", "tell", "me", "about", "hotel", "flight", "booking", "ticket", "price",
    "order", "status", "shipment", "delayed", "customer", "account", "invoice", "refund", "model",
    "answer", "question", "context", "document", "search", "result", "page", "summary", "agent",
]

/// The same texts in each run.
struct Chance {
    var state: UInt64
    mutating func next(below bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % bound
    }
}

func text(_ bytes: Int, _ chance: inout Chance) -> String {
    var text = ""
    while text.utf8.count < bytes {
        text += words[chance.next(below: words.count)]
        // Names and numbers that come once.
        text += chance.next(below: 12) == 0 ? " \(chance.next(below: 100_000)) " : " "
    }
    return text
}

let isPlain = CommandLine.arguments.count > 3
let begin = 1_780_000_000_000
func record(_ number: Int) -> String {
    var chance = Chance(state: UInt64(number))
    let trace = number / 10
    let index = number % 10
    // 64 random bits of each, as SDKs make them.
    let traceID = hex(UInt64(trace &+ 1) &* 0x9e37_79b9_7f4a_7c15, 16) + hex(UInt64(trace), 16)
    let spanID = hex(UInt64(number &+ 1) &* 0xbf58_476d_1ce4_e5b9, 16)
    let parent = hex(UInt64(trace * 10 &+ 1) &* 0xbf58_476d_1ce4_e5b9, 16)
    let isModel = index % 3 == 1
    let type = index == 0 ? "agent_run" : isModel ? "model_generation" : "tool_call"
    let start = begin + trace * 10 + index
    var writer = JSONWriter()
    writer.time(milliseconds: UInt64(start))
    let time = String(decoding: writer.bytes(from: 0), as: UTF8.self)
    let usage =
        isModel
        ? "\"model\":\"gpt-4o-mini\",\"usage\":{\"inputTokens\":300,\"outputTokens\":120}," : ""
    let content =
        isPlain
        ? ""
        : """
        "input":{"messages":[{"role":"user","content":[{"type":"text","text":"\(text(600, &chance))"}]}]},\
        "output":{"text":"\(text(300, &chance))"},
        """
    return """
        {"id":"\(spanID)","traceId":"\(traceID)","parentSpanId":\(index == 0 ? "null" : "\"\(parent)\""),\
        "name":"\(type) weather","type":"\(type)","isRootSpan":\(index == 0),"isEvent":false,"startTime":\(time),\
        "endTime":\(time),"entityType":"agent","entityId":"weather","entityName":"weather",\
        "attributes":{\(usage)"gen_ai.operation.name":"chat"},\
        \(content)"error":\(trace % 50 == 0 && index == 2 ? "{\"message\":\"failed\"}" : "null"),\
        "spanId":"\(spanID)","spanType":"\(type)","startedAt":\(time),"endedAt":\(time),"createdAt":\(time),\
        "updatedAt":null,"metadata":{"threadId":"thread-\(trace / 4)","serviceName":"service-\(trace % 7)",\
        "resource":{"service.name":"service"},"otel":{"startTimeUnixNano":"\(start)000000",\
        "endTimeUnixNano":"\(start + 500)000000","kind":"internal"}}}
        """
}

let path = CommandLine.arguments[1]
let spans = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2])! : 100_000
let store = try await LocalStore(
    .file(path), limits: StoreLimits(maxBytes: 1 << 40, maxAge: nil), clock: { begin })
var cpu = 0.0
for first in stride(from: store.figures.spans, to: spans, by: 500) {
    let body = ByteBlock(
        copying: Array(
            ("{\"spans\":[" + (first..<first + 500).map(record).joined(separator: ",") + "]}").utf8)
    )
    let before = cpuSeconds()
    try await store.writer.write(body, records: 500, as: .local)
    cpu += cpuSeconds() - before
}
let written = Int(store.figures.written)
if written > 0 { print("write: \(cpu / Double(written) * 1e6) us of CPU a span, \(written) spans") }
print(
    "file: \(store.figures.bytes / max(1, store.figures.spans)) bytes a span, \(store.figures.spans) spans"
)

func time(_ name: String, _ body: () async throws -> Int) async throws {
    var best = Double.infinity
    var worst = 0.0
    var count = 0
    for _ in 0..<5 {
        let start = ContinuousClock.now
        count = try await body()
        let milliseconds = Double((ContinuousClock.now - start) / .microseconds(1)) / 1000
        best = min(best, milliseconds)
        worst = max(worst, milliseconds)
    }
    print("\(name): \(best) to \(worst) ms, \(count) found")
}
func list(_ name: String, _ change: (inout TraceFilter) -> Void) async throws {
    var filter = TraceFilter()
    change(&filter)
    let wanted = filter
    try await time("list, \(name)") {
        try await store.reader.traces(wanted, limit: 50).traces.count
    }
}
let middle = (begin + spans / 2) * 1_000_000
try await list("newest") { _ in }
try await list("a service") { $0.service = "service-3" }
try await list("a time range") {
    $0.from = middle; $0.to = middle + 60_000_000_000
}
try await list("errors") { $0.hasErrors = true }
try await list("a trace id") { $0.traceID = "9e3779b9" }
try await list("a type") { $0.type = "agent_run" }
try await list("a thread") { $0.thread = "thread-100" }
try await list("a common word") { $0.text = "weather" }
try await list("two words") { $0.text = "refund 4711" }
try await list("a name that none has") { $0.name = "nowhere" }
try await list("errors of a service") {
    $0.hasErrors = true; $0.service = "service-3"
}
let some = try await store.reader.traces(TraceFilter(), limit: 50).traces[25]
try await time("a trace, for the timeline") { try await store.reader.skeleton(of: some).count }
try await time("a trace, all of it") { try await store.reader.records(of: some)!.count }
try await time("Mastra's list") { try await store.reader.roots(RootFilter())!.count }
try await time("usage by model") {
    try await store.reader.usage(from: 0, to: .max / 2, by: .model).scanned
}

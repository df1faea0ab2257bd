import LocalStore
import MastraRecords

/// Traces as the pages of the viewer read them; docs/viewer.md names the members.
enum TraceAnswers {
    static func summary(_ trace: TraceSummary, _ writer: inout JSONWriter) {
        writer.byte(UInt8(ascii: "{"))
        summaryMembers(trace, &writer)
        writer.byte(UInt8(ascii: "}"))
    }

    private static func summaryMembers(_ trace: TraceSummary, _ writer: inout JSONWriter) {
        writer.member("traceId", isFirst: true)
        writer.string(trace.traceID)
        writer.member("name")
        writer.string(trace.name)
        writer.member("service")
        writer.text(trace.service)
        writer.member("type")
        writer.string(trace.type)
        writer.member("entity")
        writer.text(trace.entity)
        writer.member("model")
        writer.text(trace.model)
        writer.member("threadId")
        writer.text(trace.thread)
        writer.member("status")
        writer.string(trace.errors > 0 ? "error" : "ok")
        writer.member("startedAt")
        writer.milliseconds(nanoseconds: trace.start)
        writer.member("duration")
        writer.milliseconds(nanoseconds: trace.end - trace.start)
        writer.member("spans")
        writer.number(trace.spans)
        writer.member("errors")
        writer.number(trace.errors)
        writer.member("inputTokens")
        writer.number(trace.inputTokens)
        writer.member("outputTokens")
        writer.number(trace.outputTokens)
        writer.member("cost")
        writer.decimal(trace.cost)
        writer.member("preview")
        writer.text(trace.preview)
        writer.member("hasRoot")
        writer.truth(trace.roots > 0)
        writer.member("roots")
        writer.number(trace.roots)
        writer.member("delivery")
        writer.byte(UInt8(ascii: "{"))
        for (index, delivery) in Delivery.allCases.enumerated() {
            if index > 0 { writer.byte(UInt8(ascii: ",")) }
            writer.string(delivery.name)
            writer.byte(UInt8(ascii: ":"))
            writer.number(trace.deliveries[index])
        }
        writer.byte(UInt8(ascii: "}"))
    }

    static func list(_ list: StoreReader.TraceList, _ writer: inout JSONWriter) {
        writer.literal("{\"traces\":")
        writer.list(list.traces, summary)
        writer.member("next")
        writer.text(list.next?.text)
        writer.byte(UInt8(ascii: "}"))
    }

    static func skeleton(
        _ skeleton: TraceSkeleton, of trace: TraceSummary, _ writer: inout JSONWriter
    ) {
        writer.literal("{\"trace\":")
        summary(trace, &writer)
        writer.member("count")
        writer.number(trace.spans)
        writer.member("shown")
        writer.number(skeleton.count)
        writer.member("types")
        writer.list(skeleton.types) { $1.string($0) }
        writer.member("models")
        writer.list(skeleton.models) { $1.string($0) }
        writer.member("names")
        writer.list(skeleton.names) { $1.string($0) }
        writer.literal(",\"spans\":{\"id\":")
        writer.list(skeleton.ids) { $1.string(TraceSkeleton.hex($0)) }
        writer.member("parent")
        writer.list(skeleton.parents) { $1.number($0) }
        writer.literal(",\"missing\":{")
        for (place, missing) in skeleton.missingParents.enumerated() {
            if place > 0 { writer.byte(UInt8(ascii: ",")) }
            writer.string(String(missing.index))
            writer.byte(UInt8(ascii: ":"))
            writer.string(TraceSkeleton.hex(missing.parent))
        }
        writer.byte(UInt8(ascii: "}"))
        writer.member("name")
        writer.list(skeleton.name) { $1.number($0) }
        writer.member("type")
        writer.list(skeleton.type) { $1.number($0) }
        writer.member("model")
        writer.list(skeleton.model) { $1.number($0) }
        writer.member("start")
        writer.list(skeleton.starts) { $1.milliseconds(nanoseconds: $0 - trace.start) }
        writer.member("duration")
        writer.list(skeleton.durations) { $1.milliseconds(nanoseconds: $0) }
        writer.member("error")
        writer.list(skeleton.isError) { $1.number($0 ? 1 : 0) }
        writer.member("event")
        writer.list(skeleton.isEvent) { $1.number($0 ? 1 : 0) }
        writer.member("inputTokens")
        writer.list(skeleton.inputTokens) { $1.number($0) }
        writer.member("outputTokens")
        writer.list(skeleton.outputTokens) { $1.number($0) }
        writer.member("delivery")
        writer.list(skeleton.delivery) { $1.number($0.rawValue) }
        writer.literal("}}")
    }

    static func span(_ look: StoreReader.SpanLook, _ writer: inout JSONWriter) {
        writer.literal("{\"record\":")
        writer.raw(look.record)
        writer.literal(",\"delivery\":{\"state\":")
        writer.string(look.delivery.name)
        writer.member("reason")
        writer.text(look.reason)
        writer.literal("}}")
    }

    static func thread(
        _ thread: String, _ turns: [StoreReader.Turn], _ writer: inout JSONWriter
    ) {
        writer.literal("{\"threadId\":")
        writer.string(thread)
        writer.member("traces")
        writer.list(turns) { turn, writer in
            writer.byte(UInt8(ascii: "{"))
            summaryMembers(turn.trace, &writer)
            writer.member("input")
            writer.text(turn.input)
            writer.member("output")
            writer.text(turn.output)
            writer.byte(UInt8(ascii: "}"))
        }
        writer.byte(UInt8(ascii: "}"))
    }
}

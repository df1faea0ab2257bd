import LocalStore
import MastraRecords

enum UsageAnswer {
    static func write(
        _ report: UsageReport, from: Int, to: Int, _ writer: inout JSONWriter
    ) {
        writer.literal("{\"from\":")
        writer.milliseconds(nanoseconds: from)
        writer.member("to")
        writer.milliseconds(nanoseconds: to)
        writer.member("bucket")
        writer.milliseconds(nanoseconds: report.bucket)
        writer.member("scanned")
        writer.number(report.scanned)
        writer.member("isComplete")
        writer.truth(report.isComplete)
        writer.member("series")
        writer.list(report.series) { series, writer in
            writer.literal("{\"key\":")
            writer.string(series.key)
            sums(series.total, &writer)
            writer.member("buckets")
            writer.list(series.buckets) { bucket, writer in
                writer.literal("{\"at\":")
                writer.milliseconds(nanoseconds: bucket.at)
                sums(bucket.sums, &writer)
                writer.byte(UInt8(ascii: "}"))
            }
            writer.byte(UInt8(ascii: "}"))
        }
        writer.byte(UInt8(ascii: "}"))
    }

    private static func sums(_ sums: UsageReport.Sums, _ writer: inout JSONWriter) {
        writer.member("calls")
        writer.number(sums.calls)
        writer.member("errors")
        writer.number(sums.errors)
        writer.member("inputTokens")
        writer.number(sums.inputTokens)
        writer.member("outputTokens")
        writer.number(sums.outputTokens)
        writer.member("cost")
        writer.decimal(sums.cost)
        writer.member("p50")
        writer.milliseconds(nanoseconds: sums.percentile(50))
        writer.member("p95")
        writer.milliseconds(nanoseconds: sums.percentile(95))
        writer.member("p99")
        writer.milliseconds(nanoseconds: sums.percentile(99))
    }
}

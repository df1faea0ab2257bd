import MastraRecords
import OracleKit
import SpanMapping

/// The fields that a record has in either dialect (docs/records.md, "The record").
enum RecordShape {
    private static let platform: Set<String> = [
        "id", "traceId", "name", "type", "parentSpanId", "isRootSpan", "isEvent", "startTime",
        "attributes", "metadata", "spanId", "spanType", "startedAt", "endedAt", "error",
        "createdAt", "updatedAt",
    ]
    private static let platformOptional: Set<String> = [
        "input", "output", "tags", "endTime", "errorInfo", "entityType", "entityId", "entityName",
        "projectId",
    ]
    private static let cloud: Set<String> = [
        "traceId", "spanId", "parentSpanId", "name", "spanType", "attributes", "metadata",
        "startedAt", "endedAt", "input", "output", "isEvent", "createdAt", "updatedAt",
    ]

    static func check(_ record: JSON, _ options: MappingOptions) throws(BrokenClaim) {
        let names = record.names
        let isPlatform = options.dialect == .platform
        let needed = isPlatform ? platform : cloud
        try claim(names.isSuperset(of: needed), "\(needed.subtracting(names)) are missing")
        let known = needed.union(isPlatform ? platformOptional : ["error"])
        try claim(names.isSubset(of: known), "\(names.subtracting(known)) are no fields")
        try claim(types.contains(record["spanType"] ?? .null), "a type of its own")
        guard isPlatform else { return }
        try claim(record["id"] == record["spanId"], "two ids")
        try claim(record["type"] == record["spanType"], "two types")
        try claim(record["startTime"] == record["startedAt"], "two starts")
        try claim(record["endTime"] ?? .null == record["endedAt"] ?? .null, "two ends")
        try claim(record["errorInfo"] ?? .null == record["error"], "two errors")
        try claim(
            (record["parentSpanId"] == .null) == (record["isRootSpan"] == true), "half a root")
        try claim((record["projectId"] != nil) == (options.projectID != nil), "a project")
    }

    private static let types = Set(SpanType.allCases.map { JSON.string("\($0.name)") })
}

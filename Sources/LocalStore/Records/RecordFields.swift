import MastraRecords

/// Members of a record that are columns, or that columns are made of (MASTRA-CONTRACT 2.2, 2.3).
enum RecordField: Int, MemberName {
    case traceID, spanID, parentSpanID, name, spanType, isEvent, startedAt, endedAt, createdAt
    case entityType, entityID, entityName, attributes, metadata, tags, input, output, error
    case requestContext

    static let texts: [StaticString] = [
        "traceId", "spanId", "parentSpanId", "name", "spanType", "isEvent", "startedAt",
        "endedAt", "createdAt", "entityType", "entityId", "entityName", "attributes", "metadata",
        "tags", "input", "output", "error", "requestContext",
    ]
}

/// Of `metadata`: what storage lifts into columns (MASTRA-CONTRACT 3.6), and what OTLP adds.
enum MetadataField: Int, MemberName {
    case userID, organizationID, resourceID, runID, sessionID, threadID, requestID, environment
    case serviceName, entityVersionID, experimentID, source, scope, otel

    static let texts: [StaticString] = [
        "userId", "organizationId", "resourceId", "runId", "sessionId", "threadId", "requestId",
        "environment", "serviceName", "entityVersionId", "experimentId", "source", "scope", "otel",
    ]
}

/// Of `attributes`; the last six are where the original exporter has entities.
enum AttributeField: Int, MemberName {
    case usage, costContext, model, agentID, agentName, workflowID, workflowName, toolID, toolName

    static let texts: [StaticString] = [
        "usage", "costContext", "model", "agentId", "agentName", "workflowId", "workflowName",
        "toolId", "toolName",
    ]
}

/// Of `attributes.usage`.
enum UsageField: Int, MemberName {
    case inputTokens, outputTokens
    static let texts: [StaticString] = ["inputTokens", "outputTokens"]
}

/// Of `attributes.costContext`.
enum CostField: Int, MemberName {
    case estimatedCost
    static let texts: [StaticString] = ["estimatedCost"]
}

/// Of `metadata.otel`.
enum OTelField: Int, MemberName {
    case start, end, links
    static let texts: [StaticString] = ["startTimeUnixNano", "endTimeUnixNano", "links"]
}

/// Members of a record that metrics are made of, by the names that both dialects have
/// (MASTRA-CONTRACT 2.2, 2.3).
enum RecordMember: Int, MemberName {
    case traceID, spanID, parentSpanID, spanType, isEvent, startedAt, endedAt, error
    case entityType, entityID, entityName, projectID, tags, attributes, metadata

    static let texts: [StaticString] = [
        "traceId", "spanId", "parentSpanId", "spanType", "isEvent", "startedAt", "endedAt",
        "error", "entityType", "entityId", "entityName", "projectId", "tags", "attributes",
        "metadata",
    ]
}

/// Of `attributes`. The last four are where the original exporter has entities.
enum AttributeMember: Int, MemberName {
    case usage, costContext, provider, model, responseModel, toolType
    case agentID, agentName, toolID, workflowID

    static let texts: [StaticString] = [
        "usage", "costContext", "provider", "model", "responseModel", "toolType", "agentId",
        "agentName", "toolId", "workflowId",
    ]
}

/// Of `metadata`: what storage lifts into columns (MASTRA-CONTRACT 3.6), under the same names in a
/// metric's context, and the tags of the original exporter.
enum MetadataMember: Int, MemberName {
    case entityVersionID, userID, organizationID, resourceID, runID, sessionID, threadID
    case requestID, environment, source, serviceName, experimentID, tags

    static let texts: [StaticString] = [
        "entityVersionId", "userId", "organizationId", "resourceId", "runId", "sessionId",
        "threadId", "requestId", "environment", "source", "serviceName", "experimentId",
        "tags",
    ]
}

/// Of `attributes.usage` (MASTRA-CONTRACT 3.3).
enum UsageMember: Int, MemberName {
    case inputTokens, outputTokens, inputDetails, outputDetails

    static let texts: [StaticString] = [
        "inputTokens", "outputTokens", "inputDetails", "outputDetails",
    ]
}

/// Of `inputDetails` and `outputDetails`; `plain` are tokens of text.
enum TokenDetail: Int, MemberName {
    case plain, cacheRead, cacheWrite, cacheWrite5m, cacheWrite1h, reasoning, audio, image

    static let texts: [StaticString] = [
        "text", "cacheRead", "cacheWrite", "cacheWrite5m", "cacheWrite1h", "reasoning", "audio",
        "image",
    ]
}

/// Of `attributes.costContext`.
enum CostMember: Int, MemberName {
    case provider, model, estimatedCost, costUnit, costMetadata

    static let texts: [StaticString] = [
        "provider", "model", "estimatedCost", "costUnit", "costMetadata",
    ]
}

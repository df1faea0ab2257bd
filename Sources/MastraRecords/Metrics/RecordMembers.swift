/// Members of a record that metrics are made of. Both dialects have these names (MASTRA-CONTRACT 2.2, 2.3).
enum RecordMember: Int, MemberName {
    case traceID, spanID, parentSpanID, spanType, isEvent, startedAt, endedAt, error
    case entityType, entityID, entityName, projectID, tags, attributes, metadata

    var text: StaticString {
        switch self {
        case .traceID: "traceId"
        case .spanID: "spanId"
        case .parentSpanID: "parentSpanId"
        case .spanType: "spanType"
        case .isEvent: "isEvent"
        case .startedAt: "startedAt"
        case .endedAt: "endedAt"
        case .error: "error"
        case .entityType: "entityType"
        case .entityID: "entityId"
        case .entityName: "entityName"
        case .projectID: "projectId"
        case .tags: "tags"
        case .attributes: "attributes"
        case .metadata: "metadata"
        }
    }
}

/// Of `attributes`. The last four are where the original exporter has entities.
enum AttributeMember: Int, MemberName {
    case usage, costContext, provider, model, responseModel, toolType
    case agentID, agentName, toolID, workflowID

    var text: StaticString {
        switch self {
        case .usage: "usage"
        case .costContext: "costContext"
        case .provider: "provider"
        case .model: "model"
        case .responseModel: "responseModel"
        case .toolType: "toolType"
        case .agentID: "agentId"
        case .agentName: "agentName"
        case .toolID: "toolId"
        case .workflowID: "workflowId"
        }
    }
}

/// Of `metadata`: what storage lifts into columns (MASTRA-CONTRACT 3.6), under the same names in a
/// metric's context, and the tags of the original exporter.
enum MetadataMember: Int, MemberName {
    case entityVersionID, userID, organizationID, resourceID, runID, sessionID, threadID
    case requestID, environment, source, serviceName, experimentID, tags

    var text: StaticString {
        switch self {
        case .entityVersionID: "entityVersionId"
        case .userID: "userId"
        case .organizationID: "organizationId"
        case .resourceID: "resourceId"
        case .runID: "runId"
        case .sessionID: "sessionId"
        case .threadID: "threadId"
        case .requestID: "requestId"
        case .environment: "environment"
        case .source: "source"
        case .serviceName: "serviceName"
        case .experimentID: "experimentId"
        case .tags: "tags"
        }
    }
}

/// Of `attributes.usage` (MASTRA-CONTRACT 3.3).
enum UsageMember: Int, MemberName {
    case inputTokens, outputTokens, inputDetails, outputDetails

    var text: StaticString {
        switch self {
        case .inputTokens: "inputTokens"
        case .outputTokens: "outputTokens"
        case .inputDetails: "inputDetails"
        case .outputDetails: "outputDetails"
        }
    }
}

/// Of `inputDetails` and `outputDetails`.
enum TokenDetail: Int, MemberName {
    case plain, cacheRead, cacheWrite, cacheWrite5m, cacheWrite1h, reasoning, audio, image

    var text: StaticString {
        switch self {
        case .plain: "text"
        case .cacheRead: "cacheRead"
        case .cacheWrite: "cacheWrite"
        case .cacheWrite5m: "cacheWrite5m"
        case .cacheWrite1h: "cacheWrite1h"
        case .reasoning: "reasoning"
        case .audio: "audio"
        case .image: "image"
        }
    }
}

/// Of `attributes.costContext`.
enum CostMember: Int, MemberName {
    case provider, model, estimatedCost, costUnit, costMetadata

    var text: StaticString {
        switch self {
        case .provider: "provider"
        case .model: "model"
        case .estimatedCost: "estimatedCost"
        case .costUnit: "costUnit"
        case .costMetadata: "costMetadata"
        }
    }
}

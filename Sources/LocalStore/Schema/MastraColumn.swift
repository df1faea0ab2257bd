import MastraRecords

/// The columns of Mastra's table, in its order, and what of a record each of them has.
enum MastraColumn: Int, CaseIterable {
    case traceId, spanId, name, spanType, isEvent, startedAt, parentSpanId
    case entityType, entityId, entityName, parentEntityType, parentEntityId, parentEntityName
    case rootEntityType, rootEntityId, rootEntityName
    case userId, organizationId, resourceId, runId, sessionId, threadId, requestId
    case environment, serviceName, scope, entityVersionId, parentEntityVersionId
    case rootEntityVersionId, experimentId, source, metadata, tags, attributes, links
    case input, output, error, endedAt, requestContext, createdAt, updatedAt

    var name: String { "\(self)" }

    /// JSON as text; the others hold plain texts and, in one case, a number.
    var isJSON: Bool {
        switch self {
        case .scope, .metadata, .tags, .attributes, .links, .input, .output, .error,
            .requestContext:
            true
        default: false
        }
    }

    var isRequired: Bool {
        switch self {
        case .traceId, .spanId, .name, .spanType, .isEvent, .startedAt, .createdAt: true
        default: false
        }
    }

    enum Source {
        case none
        case truth(Bool)
        case text(Range<Int>?)
        case json(Range<Int>?)
    }

    func source(
        _ fields: ObjectMembers<RecordField>, _ metadata: ObjectMembers<MetadataField>,
        _ record: StoredRecord
    ) -> Source {
        switch self {
        case .traceId: .text(fields[.traceID])
        case .spanId: .text(fields[.spanID])
        case .name: .text(fields[.name])
        case .spanType: .text(fields[.spanType])
        case .isEvent: .truth(record.isEvent)
        case .startedAt: .text(fields[.startedAt])
        case .parentSpanId: .text(fields[.parentSpanID])
        case .entityType: .text(fields[.entityType])
        case .entityId: .text(record.entityID)
        case .entityName: .text(record.entityName)
        // Mastra fills these from spans around, which may not have come.
        case .parentEntityType, .parentEntityId, .parentEntityName, .rootEntityType,
            .rootEntityId, .rootEntityName, .parentEntityVersionId, .rootEntityVersionId:
            .none
        case .userId: .text(metadata[.userID])
        case .organizationId: .text(metadata[.organizationID])
        case .resourceId: .text(metadata[.resourceID])
        case .runId: .text(metadata[.runID])
        case .sessionId: .text(metadata[.sessionID])
        case .threadId: .text(metadata[.threadID])
        case .requestId: .text(metadata[.requestID])
        case .environment: .text(metadata[.environment])
        case .serviceName: .text(metadata[.serviceName])
        case .scope: .json(metadata[.scope])
        case .entityVersionId: .text(metadata[.entityVersionID])
        case .experimentId: .text(metadata[.experimentID])
        case .source: .text(metadata[.source])
        case .metadata: .json(fields[.metadata])
        case .tags: .json(fields[.tags])
        case .attributes: .json(fields[.attributes])
        case .links: .json(record.links)
        case .input: .json(fields[.input])
        case .output: .json(fields[.output])
        case .error: .json(fields[.error])
        case .endedAt: .text(fields[.endedAt])
        case .requestContext: .json(fields[.requestContext])
        // Mastra's own stores have the time of writing in both.
        case .createdAt, .updatedAt: .text(fields[.createdAt])
        }
    }
}

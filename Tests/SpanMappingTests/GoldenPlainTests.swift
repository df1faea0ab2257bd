import Testing

/// Whole records of spans that have nothing to do with models: input and expected output.
struct GoldenPlainTests {
    /// As `opentelemetry-instrumentation-fastapi` reports a request, with a remote parent.
    private static let request = RequestFixture(
        [
            .span(
                name: "GET /cities/{city}", kind: 2, parent: Array(0xe0...0xe7),
                attributes: [
                    "http.request.method": "GET", "http.route": "/cities/{city}",
                    "http.response.status_code": 200, "server.address": "api.test",
                    "server.port": 8080, "user_agent.original": "curl/8 \"quoted\"",
                    "network.protocol.version": "1.1", "sampled": true, "ratio": 0.25,
                ], traceState: "vendor=1", flags: 0x301)
        ],
        resource: .resource([
            "service.name": "cities", "deployment.environment.name": "staging",
            "process.pid": 4711,
        ]),
        scope: ScopeFixture(name: "fastapi", version: "0.66b1"),
        resourceSchemaURL: "https://opentelemetry.io/schemas/1.40.0",
        scopeSchemaURL: "https://opentelemetry.io/schemas/1.39.0")

    private static let attributes: JSON = [
        "http.request.method": "GET", "http.route": "/cities/{city}",
        "http.response.status_code": 200, "server.address": "api.test",
        "server.port": 8080, "user_agent.original": "curl/8 \"quoted\"",
        "network.protocol.version": "1.1", "sampled": true, "ratio": 0.25,
    ]

    private static let metadata: JSON = [
        "serviceName": "cities", "environment": "staging",
        "resource": [
            "service.name": "cities", "deployment.environment.name": "staging",
            "process.pid": 4711,
        ],
        "scope": [
            "name": "fastapi", "version": "0.66b1",
            "schemaUrl": "https://opentelemetry.io/schemas/1.39.0",
        ],
        "otel": [
            "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000001500000000",
            "kind": "server", "traceState": "vendor=1", "flags": 0x301,
            "resourceSchemaUrl": "https://opentelemetry.io/schemas/1.40.0",
        ],
    ]

    @Test func `an HTTP server span for the platform`() throws {
        let expected: JSON = [
            "id": "b0b1b2b3b4b5b6b7", "spanId": "b0b1b2b3b4b5b6b7",
            "traceId": "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf", "parentSpanId": "e0e1e2e3e4e5e6e7",
            "name": "GET /cities/{city}", "type": "generic", "spanType": "generic",
            "isRootSpan": false, "isEvent": false,
            "startTime": "2023-11-14T22:13:20.000Z", "startedAt": "2023-11-14T22:13:20.000Z",
            "endTime": "2023-11-14T22:13:21.500Z", "endedAt": "2023-11-14T22:13:21.500Z",
            "attributes": Self.attributes, "metadata": Self.metadata, "error": .null,
            "createdAt": "2023-11-14T22:13:21.750Z", "updatedAt": .null,
        ]
        expectEqual(try map(Self.request).first, expected)
    }

    @Test func `an HTTP server span for the original exporter's route`() throws {
        let expected: JSON = [
            "spanId": "b0b1b2b3b4b5b6b7", "traceId": "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
            "parentSpanId": "e0e1e2e3e4e5e6e7", "name": "GET /cities/{city}",
            "spanType": "generic", "isEvent": false,
            "startedAt": "2023-11-14T22:13:20.000Z", "endedAt": "2023-11-14T22:13:21.500Z",
            "attributes": Self.attributes, "metadata": Self.metadata, "input": .null,
            "output": .null,
            "createdAt": "2023-11-14T22:13:21.750Z", "updatedAt": .null,
        ]
        expectEqual(try map(Self.request, dialect: .cloud).first, expected)
    }

    @Test func `the smallest span`() throws {
        let span = SpanFixture.span(name: "", start: 0, end: 0)
        let expected: JSON = [
            "id": "b0b1b2b3b4b5b6b7", "spanId": "b0b1b2b3b4b5b6b7",
            "traceId": "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf", "parentSpanId": .null,
            "name": "unknown", "type": "generic", "spanType": "generic",
            "isRootSpan": true, "isEvent": false,
            "startTime": "2023-11-14T22:13:21.750Z", "startedAt": "2023-11-14T22:13:21.750Z",
            "endedAt": .null, "attributes": [:], "error": .null,
            "metadata": [
                "otel": [
                    "startTimeUnixNano": "0", "endTimeUnixNano": "0",
                    "warnings": ["missing_start_time"],
                ]
            ],
            "createdAt": "2023-11-14T22:13:21.750Z", "updatedAt": .null,
        ]
        expectEqual(try map(span), expected)
    }

    @Test func `a failed span with its exception, other events, links and dropped counts`() throws {
        let span = SpanFixture.span(
            name: "SELECT", kind: 3,
            attributes: ["db.system.name": "sqlite", "error.type": "OperationalError"],
            events: [
                .event("retry", time: 5, attributes: ["attempt": 1], dropped: 2),
                .exception([
                    "exception.type": "sqlite3.OperationalError",
                    "exception.message": "no such table: nope",
                    "exception.stacktrace": "Traceback\n  line 1", "exception.escaped": "False",
                ]),
            ],
            links: [
                LinkFixture(
                    traceState: "a=b", attributes: [Attribute("why", "batch")], dropped: 1,
                    flags: 1)
            ],
            status: .error, dropped: [3, 4, 5])
        let error: JSON = [
            "message": "no such table: nope", "name": "sqlite3.OperationalError",
            "stack": "Traceback\n  line 1",
        ]
        let expected: JSON = [
            "id": "b0b1b2b3b4b5b6b7", "spanId": "b0b1b2b3b4b5b6b7",
            "traceId": "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf", "parentSpanId": .null,
            "name": "SELECT", "type": "generic", "spanType": "generic",
            "isRootSpan": true, "isEvent": false,
            "startTime": "2023-11-14T22:13:20.000Z", "startedAt": "2023-11-14T22:13:20.000Z",
            "endTime": "2023-11-14T22:13:21.500Z", "endedAt": "2023-11-14T22:13:21.500Z",
            "attributes": ["db.system.name": "sqlite", "error.type": "OperationalError"],
            "error": error, "errorInfo": error,
            "metadata": [
                "otel": [
                    "startTimeUnixNano": "1700000000000000000",
                    "endTimeUnixNano": "1700000001500000000",
                    "kind": "client", "statusCode": "error",
                    "droppedAttributesCount": 3, "droppedEventsCount": 4, "droppedLinksCount": 5,
                    "events": [
                        [
                            "name": "retry", "timeUnixNano": "5", "attributes": ["attempt": 1],
                            "droppedAttributesCount": 2,
                        ],
                        [
                            "name": "exception", "timeUnixNano": "1700000000700000001",
                            "attributes": ["exception.escaped": "False"],
                        ],
                    ],
                    "links": [
                        [
                            "traceId": "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf",
                            "spanId": "d0d1d2d3d4d5d6d7", "traceState": "a=b",
                            "attributes": ["why": "batch"], "droppedAttributesCount": 1,
                            "flags": 1,
                        ]
                    ],
                ]
            ],
            "createdAt": "2023-11-14T22:13:21.750Z", "updatedAt": .null,
        ]
        expectEqual(try map(span), expected)
    }
}

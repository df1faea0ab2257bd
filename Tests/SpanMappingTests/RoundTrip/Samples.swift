/// A record of every span type with every attribute that Mastra gives it (MASTRA-CONTRACT 3.2, 3.3),
/// and some with little or odd content.
enum Samples {
    static let all: [MastraRecord] =
        agents + models + tools + workflows + retrievals + others

    /// What the first exporter saw: types, ids and counts of its own era.
    static let first: [MastraRecord] =
        all.filter { !$0.isEvent && firstTypes.contains($0.type) } + seedEra

    /// Types of core 0.x (MASTRA-CONTRACT 3.1).
    private static let firstTypes: Set<String> = [
        "agent_run", "generic", "model_generation", "model_step", "tool_call", "mcp_tool_call",
        "processor_run", "workflow_run", "workflow_step", "workflow_conditional",
        "workflow_conditional_eval", "workflow_parallel", "workflow_loop", "workflow_sleep",
        "workflow_wait_event",
    ]

    static let usage: JSON = [
        "inputTokens": 1450, "outputTokens": 90,
        "inputDetails": [
            "text": 1180, "cacheRead": 200, "cacheWrite": 60, "cacheWrite5m": 40,
            "cacheWrite1h": 20, "audio": 6, "image": 4,
        ],
        "outputDetails": ["text": 70, "reasoning": 15, "audio": 5],
    ]

    private static let plainUsage: JSON = [
        "inputTokens": 15, "outputTokens": 10, "inputDetails": ["text": 15],
        "outputDetails": ["text": 10],
    ]

    private static func agent(_ record: inout MastraRecord) {
        record.parent = "b7ad6b7169203331"
        record.entityType = "agent"
        record.entityID = "weather-agent"
        record.entityName = "Weather Agent"
    }

    private static func tool(_ record: inout MastraRecord) {
        record.parent = "b7ad6b7169203331"
        record.entityType = "tool"
        record.entityID = "getWeather"
    }

    // MARK: Agents

    private static let agents: [MastraRecord] = [
        .record("agent_run", name: "agent run: 'weather-agent'") {
            agent(&$0)
            $0.parent = nil
            $0.attributes = [
                "conversationId": "c-1", "instructions": "You report weather.",
                "prompt": "Weather in Paris?", "availableTools": ["getWeather", "getTime"],
                "maxSteps": 5, "resolvedVersionId": "v-3",
                "tripwireAbort": ["reason": "spam", "retry": false], "internalUsage": plainUsage,
            ]
            $0.input = [["role": "user", "content": "Weather in Paris?"]]
            $0.output = ["text": "Sunny, 21 C", "files": [], "object": ["items": [["a": 1]]]]
            $0.metadata = [
                "runId": "r-1", "threadId": "t-1", "resourceId": "u-9", "sessionId": "s-1",
                "userId": "u-1", "organizationId": "o-1", "requestId": "q-1", "source": "cron",
                "environment": "production", "experimentId": "e-1", "entityVersionId": "v-3",
                "plan": ["name": "pro", "seats": [1, 2]], "list": ["a", 1, .null, true],
                "digits": "0042", "flag": true, "ratio": 0.25, "count": 7, "gone": .null,
                "word": "true", "empty": "", "emptyList": [], "emptyObject": [:],
                "text": #"{"a": [1, "b"]}"#, "almost": "[1, 2", "quoted": #""{}""#,
            ]
            $0.tags = ["production", "a, b", "größe"]
        },
        .record("agent_run", name: "agent run: 'weather-agent'") {
            $0.entityType = "agent"
            $0.entityID = "weather-agent"
            $0.attributes = [
                "conversationId": "c-1", "maxSteps": 0, "availableTools": [],
                "instructions": #"{"role": "You report weather."}"#,
            ]
            $0.input = "Weather in Paris?"
            $0.output = [:]
            $0.metadata = [
                "userId": 5, "runId": ["a": 1], "scope": ["tenant": "x"], "otel": "mine",
                "resource": "a", "tags": ["x"],
            ]
        },
        .record("agent_run", name: "agent run: 'weather-agent'") {
            agent(&$0)
            $0.tags = ["of a child"]
            $0.input = #"[{"role": "user", "content": "hi"}]"#
            $0.output = true
            $0.metadata = ["threadId": ""]
            $0.error = [
                "message": "quota exceeded", "id": "AGENT_FAILED", "name": "MastraError",
                "domain": "AGENT", "category": "THIRD_PARTY", "stack": "Error: at a",
                "details": ["stack": "Error: at b", "runId": "r-1"],
            ]
        },
    ]

    // MARK: Models

    static let callAttributes: [String: JSON] = [
        "model": "gpt-4o-mini", "provider": "openai.responses",
        "tools": [["type": "function", "name": "getWeather"]],
        "resultType": "response_generation", "usage": usage,
        "costContext": ["estimatedCost": 0.00021, "costUnit": "USD"],
        "parameters": [
            "maxOutputTokens": 256, "temperature": 0.2, "topP": 1, "topK": 40,
            "presencePenalty": 0.5, "frequencyPenalty": -0.5, "stopSequences": ["END", "\n\n"],
            "seed": 42, "maxRetries": 2, "abortSignal": [:], "headers": ["x-a": "b"],
        ],
        "streaming": true, "finishReason": "stop",
        "completionStartTime": "2023-11-14T22:13:20.540Z",
        "responseModel": "gpt-4o-mini-2024-07-18", "responseId": "chatcmpl-1",
        "serverAddress": "api.openai.com", "serverPort": 443,
    ]

    static let conversation: JSON = [
        "messages": [
            ["role": "system", "content": "You report weather."],
            ["role": "user", "content": "Weather in \"Paris\"?\n"],
            ["role": "user", "content": [["type": "text", "text": "And in Lyon?"]]],
            [
                "role": "assistant",
                "content": [
                    ["type": "text", "text": "I shall look."],
                    [
                        "type": "tool-call", "toolCallId": "c-1", "toolName": "getWeather",
                        "input": ["city": "Paris", "days": 2],
                    ],
                    [
                        "type": "tool-call", "toolCallId": "c-2", "toolName": "getTime",
                        "input": [:],
                    ],
                    [
                        "type": "tool-call", "toolCallId": "c-3", "toolName": "echo",
                        "input": "Lyon",
                    ],
                ],
            ],
            [
                "role": "tool",
                "content": [
                    [
                        "type": "tool-result", "toolCallId": "c-1", "toolName": "getWeather",
                        "output": ["type": "json", "value": ["sky": "clear", "high": 21.5]],
                    ],
                    [
                        "type": "tool-result", "toolCallId": "c-2", "toolName": "getTime",
                        "output": ["type": "text", "value": "noon"],
                    ],
                    [
                        "type": "tool-result", "toolCallId": "c-3", "toolName": "echo",
                        "output": ["type": "content", "value": [["type": "text", "text": "x"]]],
                    ],
                ],
            ],
            [
                "role": "user",
                "content": [
                    ["type": "text", "text": "And this one?"],
                    ["type": "file", "data": "iVBORw0=", "mediaType": "image/png"],
                    ["type": "image", "image": "https://x.test/a.png"],
                ],
            ],
        ]
    ]

    private static let models: [MastraRecord] = [
        .record("model_generation", name: "llm: 'gpt-4o-mini'") {
            agent(&$0)
            $0.attributes = callAttributes
            $0.input = conversation
            $0.output = [
                "text": "Sunny, 21 C", "files": [], "reasoning": [], "reasoningText": "Hm.",
                "sources": [], "toolCalls": [["toolCallId": "c-9", "toolName": "x", "args": [:]]],
                "warnings": [], "object": ["sky": "clear"],
            ]
            $0.metadata = ["runId": "r-1", "threadId": "t-1"]
        },
        .record("model_generation", name: "llm: 'claude-sonnet-4'") {
            agent(&$0)
            $0.attributes = [
                "model": "claude-sonnet-4", "provider": "Claude", "usage": plainUsage,
                "parameters": ["seed": 0, "topK": 0, "temperature": 0],
                "finishReason": "tool-calls", "resultType": "tool_selection",
            ]
            $0.input = [["role": "user", "content": "hi"]]
            $0.output = ["object": ["content": "x"], "role": "assistant", "content": "y"]
            $0.error = ["message": "timeout", "name": "TimeoutError", "details": ["ms": 3000]]
        },
        .record("model_generation", name: "llm: 'unknown'") {
            agent(&$0)
            $0.attributes = ["model": "m", "provider": "LangChain"]
            $0.input = "Tell me."
            $0.output = "Told."
        },
        .record("model_step", name: "step: 0") {
            agent(&$0)
            $0.attributes = [
                "stepIndex": 0, "messageId": "m1", "usage": plainUsage, "isContinued": true,
                "finishReason": "tool-calls", "warnings": [],
            ]
            $0.input = [:]
            $0.output = [
                "text": "",
                "toolCalls": [
                    ["toolCallId": "c1", "toolName": "calculator", "args": ["a": 5, "b": 3]]
                ],
            ]
            $0.metadata = [
                "modelMetadata": ["modelId": "m", "modelVersion": "v2", "modelProvider": "p"]
            ]
        },
        .record("model_inference", name: "inference: 1") {
            agent(&$0)
            $0.attributes = callAttributes.filter { $0.key != "tools" && $0.key != "resultType" }
                .merging(
                    [
                        "stepIndex": 1, "warnings": [["type": "other"]],
                        "providerOptions": ["openai": ["store": true]],
                        "availableTools": ["getWeather"], "toolChoice": "auto",
                        "responseFormat": ["type": "json"],
                    ]) { $1 }
            $0.input = [["role": "user", "content": "hi"], ["role": "assistant", "content": ""]]
            $0.output = ["text": "ho", "toolCalls": []]
        },
        .record("model_inference", name: "inference: 0") {
            agent(&$0)
            $0.attributes = ["model": "m", "provider": "vertexai", "usage": plainUsage]
            $0.input = conversation
            $0.output = ["items": [["content": "x"]]]
        },
    ]

    // MARK: Tools

    private static let tools: [MastraRecord] = [
        .record("tool_call", name: "tool: 'getWeather'") {
            tool(&$0)
            $0.attributes = [
                "toolType": "tool", "toolDescription": "Reports weather.", "toolCallId": "c-1",
                "success": true, "mcpRole": "server", "mcpMethod": "tools/call",
                "mcpServer": "weather", "serverVersion": "1.2", "mcpProtocolVersion": "2025-06-18",
                "mcpSessionId": "m-1",
            ]
            $0.input = ["city": "Paris", "a": 0, "e": 1e21]
            $0.output = ["sky": "clear", "high": 21.5]
        },
        .record("tool_call", name: "tool: 'getTime'") {
            tool(&$0)
            $0.entityName = "Clock"
            $0.attributes = ["success": false]
            $0.input = [:]
            $0.output = []
            $0.metadata = ["toolCallId": "c-7", "threadId": "t-1"]
            $0.error = [
                "message": "boom", "id": "TOOL_FAILED", "category": "USER", "domain": "TOOL",
            ]
        },
        .record("tool_call", name: "tool: 'echo'") {
            tool(&$0)
            $0.input = "\"quoted\""
            $0.output = "\"{\\\"a\\\": 1}\""
        },
        .record("tool_call", name: "tool: 'count'") {
            tool(&$0)
            $0.input = 5
            $0.output = ""
        },
        .record("mcp_tool_call", name: "tool: 'search'") {
            tool(&$0)
            $0.attributes = [
                "toolType": "mcp", "mcpServer": "https://mcp.example/sse", "serverVersion": "2.0",
                "toolDescription": "Searches.", "toolCallId": "c-2", "success": true,
            ]
            $0.input = ["q": "x"]
            $0.output = [["type": "text", "text": "found"]]
        },
        .record("provider_tool_call", name: "provider tool: 'web'") {
            tool(&$0)
            $0.attributes = [
                "toolType": "provider-tool", "toolDescription": "Looks.", "toolCallId": "c-3",
                "success": true,
            ]
            $0.input = ["q": "x"]
            $0.output = "found"
        },
        .record("client_tool_call", name: "client tool: 'alert'") {
            tool(&$0)
            $0.attributes = [
                "toolType": "client", "toolDescription": "Shows.",
                "clientEnvironment": "browser",
            ]
            $0.input = ["text": "hi"]
            $0.output = ["isShown": true]
        },
    ]

    // MARK: Workflows

    private static let entry: [String: JSON] = [
        "entryId": "e-1", "entryDescription": "The first.",
        "entryMetadata": ["owner": "team", "n": [1]],
    ]

    private static func part(
        _ type: String, _ name: String, _ attributes: [String: JSON], hasEntry: Bool = true
    ) -> MastraRecord {
        .record(type, name: name) {
            $0.parent = "b7ad6b7169203331"
            $0.entityType = "workflow_run"
            $0.entityID = "trip"
            $0.entityName = "Trip"
            $0.attributes = hasEntry ? attributes.merging(entry) { $1 } : attributes
            $0.input = ["city": "Paris"]
            $0.output = ["content": "x", "messages": [["content": "y"]]]
        }
    }

    private static let workflows: [MastraRecord] = [
        .record("workflow_run", name: "workflow run: 'trip'") {
            $0.entityType = "workflow_run"
            $0.entityID = "trip"
            $0.attributes = ["status": "success"]
            $0.input = ["city": "Paris"]
            $0.output = [1, "two"]
        },
        .record("workflow_step", name: "workflow step: 'fetch'") {
            $0.parent = "b7ad6b7169203331"
            $0.entityType = "workflow_step"
            $0.entityID = "fetch"
            $0.entityName = "Trip"
            $0.attributes = ["status": "suspended"].merging(entry) { $1 }
            $0.output = ["status": "suspended", "reason": "asks"]
        },
        .record("workflow_step", name: "workflow step: 'fetch'") {
            $0.parent = "b7ad6b7169203331"
            $0.entityType = "workflow_step"
            $0.entityID = "fetch"
            $0.attributes = ["entryDescription": "", "entryMetadata": [:]]
        },
        part(
            "workflow_conditional", "conditional: 'branch'",
            ["conditionCount": 3, "truthyIndexes": [0, 2], "selectedSteps": ["a", "b"]]),
        part(
            "workflow_conditional", "conditional: 'none'",
            ["conditionCount": 1, "truthyIndexes": [], "selectedSteps": []]),
        part(
            "workflow_conditional_eval", "condition 0", ["conditionIndex": 0, "result": false],
            hasEntry: false),
        part(
            "workflow_parallel", "parallel: 'both'",
            ["branchCount": 2, "parallelSteps": ["a", "b"]]),
        part(
            "workflow_loop", "loop: 'all'",
            [
                "loopType": "foreach", "iteration": 0, "totalIterations": 4, "concurrency": 2,
            ]),
        part(
            "workflow_sleep", "sleep: 'pause'",
            [
                "durationMs": 1500, "untilDate": "2026-11-22T10:00:00.000Z",
                "sleepType": "fixed",
            ]),
        part(
            "workflow_wait_event", "wait: 'paid'",
            [
                "eventName": "paid", "timeoutMs": 60000, "eventReceived": false,
                "waitDurationMs": 12.5,
            ], hasEntry: false),
    ]

    // MARK: The rest

    private static let retrievals: [MastraRecord] = [
        .record("rag_embedding", name: "embed") {
            agent(&$0)
            $0.attributes = [
                "model": "text-embedding-3-small", "provider": "openai", "dimensions": 1536,
                "inputCount": 2, "mode": "ingest",
                "usage": [
                    "inputTokens": 8, "outputTokens": 0, "inputDetails": ["text": 8],
                    "outputDetails": ["text": 0],
                ],
            ]
            $0.input = ["a", "b"]
            $0.output = ["dimensions": 1536]
        },
        .record("rag_ingestion", name: "ingest") {
            $0.attributes = ["pipelineName": "docs", "sourceCount": 3, "indexName": "d"]
        },
        .record("rag_vector_operation", name: "query") {
            agent(&$0)
            $0.attributes = ["operation": "upsert", "store": "pg", "topK": 5]
            $0.input = ["vector": [0.5, 1]]
            $0.output = [["id": "d-1", "score": 0.5]]
        },
        .record("rag_action", name: "rerank") {
            agent(&$0)
            $0.attributes = ["action": "rerank", "candidateCount": 9, "topN": 3]
            $0.output = [:]
        },
    ]

    private static let others: [MastraRecord] = [
        .record("processor_run", name: "input processor: 'pii'") {
            agent(&$0)
            $0.entityType = "input_processor"
            $0.attributes = [
                "processorExecutor": "workflow", "processorIndex": 0,
                "messageListMutations": [["type": "add", "count": 1]],
            ]
            $0.input = ["messages": [["role": "user", "content": "hi"]]]
            $0.output = [["role": "user", "content": "hi"]]
        },
        .record("scorer_run", name: "scorer run: 'tone'") {
            $0.attributes = ["scorerId": "tone", "scorerName": "Tone", "scoreSource": "live"]
            $0.output = ["score": 0.75]
        },
        .record("scorer_step", name: "scorer step: analyze") {
            $0.attributes = ["step": "analyze", "stepType": "prompt", "judgeModel": "m"]
        },
        .record("memory_operation", name: "memory: recall") {
            agent(&$0)
            $0.attributes = ["operationType": "recall", "messageCount": 4, "lastMessages": false]
        },
        .record("workspace_action", name: "workspace: read") {
            agent(&$0)
            $0.attributes = ["workspaceId": "w", "category": "filesystem", "success": true]
        },
        .record("graph_action", name: "graph build") {
            $0.attributes = ["action": "build", "nodeCount": 3, "edgeCount": 2]
        },
        .record("mapping", name: "mapping") {
            agent(&$0)
            $0.attributes = ["mappingType": "toolCall", "toolCallId": "c-1"]
        },
        .record("skill_action", name: "skill: search") {
            agent(&$0)
            $0.attributes = ["operation": "search", "skillName": "pdf", "success": true]
        },
        .record("skill_resolution", name: "skills") { $0.attributes = ["skillCount": 2] },
        .record("mcp_server_request", name: "tools/list") {
            $0.attributes = ["mcpMethod": "tools/list"]
            $0.input = ["cursor": .null]
        },
        .record("agent_signal", name: "signal: 'state'") {
            agent(&$0)
            $0.isEvent = true
            $0.end = nil
            $0.attributes = ["stateId": "s", "mode": "delta"]
            $0.output = ["patch": []]
        },
        .record("generic", name: "my span: 'x' (y/z)") {
            $0.attributes = ["anything": ["goes": true]]
            $0.input = nil
            $0.output = "plain"
        },
        .record("generic", name: "an event") {
            agent(&$0)
            $0.isEvent = true
            $0.end = nil
        },
    ]

    private static let seedEra: [MastraRecord] = [
        .record("llm_generation", name: "llm: 'gpt-4o'") {
            $0.parent = "b7ad6b7169203331"
            $0.attributes = [
                "model": "gpt-4o", "provider": "openai", "resultType": "tool_selection",
                "usage": [
                    "promptTokens": 30, "completionTokens": 35, "inputTokens": 30,
                    "outputTokens": 35, "totalTokens": 65, "reasoningTokens": 5,
                    "cachedInputTokens": 10,
                ],
                "parameters": ["temperature": 0.2, "seed": 1], "streaming": false,
                "finishReason": "tool-calls",
            ]
            $0.input = conversation
            $0.output = ["text": "hi", "toolCalls": [], "isDone": true]
            $0.metadata = ["runId": "r-1", "model": "mine", "input": "not taken"]
        },
        .record("agent_run", name: "agent run: 'weather-agent'") {
            $0.entityID = "weather-agent"
            $0.attributes = [
                "agentId": "weather-agent", "instructions": "Be kind.", "maxSteps": 0,
            ]
            $0.input = true
            $0.output = ["isDone": true]
        },
        .record("tool_call", name: "tool: 'flip'") {
            $0.entityID = "flip"
            $0.attributes = ["toolId": "flip", "success": false]
            $0.input = ["on": true]
            $0.output = [true, false]
        },
    ]
}

import MastraRecords

/// The sources of token counts; of each row the first valid one (MAPPING 5.4).
struct UsageRule: Sendable {
    struct Source: Sendable {
        let key: AttributeKey
        let slot: KeySlot
        /// Members of the JSON in the key, or none.
        let path: [StaticString]
        let only: Convention

        init(_ key: AttributeKey, only: Convention = []) {
            self.init(key, [], only)
        }

        init(_ key: AttributeKey, _ path: [StaticString], _ only: Convention = []) {
            self.key = key
            slot = KeySlot(key)
            self.path = path
            self.only = only
        }

        var summary: String {
            path.isEmpty
                ? "`\(key.rawValue)`"
                : "`\(key.rawValue)` → `\(path.map { "\($0)" }.joined(separator: "."))`"
        }
    }

    let name: String
    let field: any WritableKeyPath<Usage, Int64?> & Sendable
    let sources: [Source]

    /// Usage on any other type is the sum of its descendants and stays a left-over, or tokens would
    /// be counted twice.
    static let types: Set<SpanType> = [.modelGeneration, .modelInference, .ragEmbedding]

    private init(
        _ name: String, _ field: any WritableKeyPath<Usage, Int64?> & Sendable,
        _ sources: [Source]
    ) {
        self.name = name
        self.field = field
        self.sources = sources
    }

    private static func keys(_ keys: AttributeKey...) -> [Source] { keys.map { Source($0) } }

    static let all: [UsageRule] = [
        UsageRule(
            "inputTokens", \.input,
            keys(
                .genAIUsageInputTokens, .genAIUsagePromptTokens, .llmTokenCountPrompt,
                .llmUsagePromptTokens, .vercelUsageInputTokens, .vercelUsagePromptTokens,
                .vercelUsageTokens)
                + [Source(.claudeInputTokens, only: .claudeCode)]
                + blobs(["input_tokens"], ["prompt_tokens"])),
        UsageRule(
            "outputTokens", \.output,
            keys(
                .genAIUsageOutputTokens, .genAIUsageCompletionTokens, .llmTokenCountCompletion,
                .llmUsageCompletionTokens, .vercelUsageOutputTokens,
                .vercelUsageCompletionTokens)
                + [Source(.claudeOutputTokens, only: .claudeCode)]
                + blobs(["output_tokens"], ["completion_tokens"])),
        UsageRule(
            "inputDetails.cacheRead", \.cacheRead,
            keys(
                .genAIUsageCacheReadDotted, .genAIUsageCacheRead, .genAIUsageCached,
                .genAIUsageInputCached, .llmTokenCountCacheRead, .llmTokenCountCacheInput,
                .vercelUsageInputTokenDetailsCacheReadTokens, .vercelUsageCachedInputTokens,
                .genAIDetailsCacheRead, .genAIDetailsCached, .genAIDetailsCacheReadInput)
                + [Source(.claudeCacheReadTokens, only: .claudeCode)]
                + blobs(
                    ["cache_read_input_tokens"], ["input_token_details", "cache_read"],
                    ["prompt_tokens_details", "cached_tokens"])
                + [
                    Source(
                        .adkResponse, ["usage_metadata", "cached_content_token_count"]),
                    Source(
                        .vercelResponseProviderMetadata, ["openai", "cachedPromptTokens"]),
                    Source(
                        .vercelResponseProviderMetadata,
                        ["anthropic", "usage", "cache_read_input_tokens"]),
                    Source(
                        .vercelResponseProviderMetadata,
                        ["bedrock", "usage", "cacheReadInputTokens"]),
                ]),
        UsageRule(
            "inputDetails.cacheWrite", \.cacheWrite,
            keys(
                .genAIUsageCacheCreationDotted, .genAIUsageCacheWriteDotted,
                .genAIUsageCacheCreation, .genAIUsageCacheWrite, .llmTokenCountCacheWrite,
                .vercelUsageInputTokenDetailsCacheWriteTokens, .genAIDetailsCacheCreation)
                + [Source(.claudeCacheCreationTokens, only: .claudeCode)]
                + blobs(
                    ["cache_creation_input_tokens"], ["input_token_details", "cache_creation"])
                + [
                    Source(
                        .vercelResponseProviderMetadata,
                        ["anthropic", "usage", "cache_creation_input_tokens"]),
                    Source(
                        .vercelResponseProviderMetadata,
                        ["bedrock", "usage", "cacheWriteInputTokens"]),
                ]),
        UsageRule(
            "inputDetails.cacheWrite5m", \.cacheWrite5m,
            keys(.anthropicCacheCreation5m, .genAIUsageCacheCreation5m) + [
                Source(
                    .vercelResponseProviderMetadata,
                    ["anthropic", "usage", "cache_creation", "ephemeral_5m_input_tokens"])
            ]),
        UsageRule(
            "inputDetails.cacheWrite1h", \.cacheWrite1h,
            keys(.anthropicCacheCreation1h, .genAIUsageCacheCreation1h) + [
                Source(
                    .vercelResponseProviderMetadata,
                    ["anthropic", "usage", "cache_creation", "ephemeral_1h_input_tokens"])
            ]),
        UsageRule(
            "inputDetails.audio", \.inputAudio,
            keys(.llmTokenCountPromptAudio, .genAIUsageAudioInput, .genAIDetailsInputAudio)
                + blobs(
                    ["input_token_details", "audio"], ["prompt_tokens_details", "audio_tokens"])),
        UsageRule(
            "outputDetails.reasoning", \.reasoning,
            keys(
                .genAIUsageReasoningDotted, .genAIUsageReasoning, .llmTokenCountReasoning,
                .vercelUsageOutputTokenDetailsReasoningTokens, .vercelUsageReasoningTokens,
                .genAIDetailsReasoning)
                + blobs(
                    ["output_token_details", "reasoning"],
                    ["completion_tokens_details", "reasoning_tokens"])
                + [Source(.adkResponse, ["usage_metadata", "thoughts_token_count"])]),
        UsageRule(
            "outputDetails.audio", \.outputAudio,
            keys(.llmTokenCountCompletionAudio, .genAIUsageAudioOutput)
                + blobs(
                    ["output_token_details", "audio"],
                    ["completion_tokens_details", "audio_tokens"])),
    ]

    static let probes = ProbeTable(
        all.map { $0.sources.map { Probe($0.slot, only: $0.only) } })

    /// Totals, from which a missing input can be told; never a field of their own.
    static let totals: [KeySlot] = [
        .genAIUsageTotalTokens, .llmUsageTotalTokens, .llmTokenCountTotal,
        .vercelUsageTotalTokens,
    ].map(KeySlot.init)

    /// The same counts in the blobs of OpenAI's, MLflow's and LangChain's shapes.
    private static func blobs(_ paths: [StaticString]...) -> [Source] {
        [AttributeKey.mlflowTokenUsage, .langfuseUsage, .langSmithUsage, .liveKitMetrics].flatMap {
            key in paths.map { Source(key, $0) }
        }
    }

    /// All keys of the table, for rules that ask whether there is any usage.
    static let slots: [KeySlot] = {
        var slots: [KeySlot] = []
        for source in all.flatMap(\.sources) where source.only.isEmpty {
            if !slots.contains(source.slot) { slots.append(source.slot) }
        }
        let others: Set<KeySlot> = [
            KeySlot(.adkResponse), KeySlot(.vercelResponseProviderMetadata),
        ]
        return slots.filter { !others.contains($0) }
    }()
}

/// The sources of a call's price in US dollars (MAPPING 5.4).
enum CostRule {
    static let sources: [KeySlot] = [
        .genAIUsageCost, .genAICostTotalCost, .llmCostTotal, .operationCost,
    ].map(KeySlot.init)
    /// A blob of prices, which are added.
    static let blob = KeySlot(.langfuseCost)
}

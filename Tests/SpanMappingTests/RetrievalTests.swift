import MastraRecords
import SpanMapping
import Testing

/// Embeddings, searches and reranking (MAPPING 5.5, A18; MASTRA-CONTRACT 3.2).
struct RetrievalTests {
    private static let vectors: [[Attribute]] = [
        [
            Attribute("ai.operationId", "ai.embedMany.doEmbed"),
            Attribute("ai.values", ["\"a\"", "\"b\""]),
            Attribute("ai.embeddings", ["[0.5,0.25,1]", "[1,0.5,0.25]"]),
        ],
        [
            Attribute("openinference.span.kind", "EMBEDDING"),
            Attribute("embedding.embeddings.0.embedding.text", "a"),
            Attribute("embedding.embeddings.0.embedding.vector", [0.5, 0.25, 1.0]),
            Attribute("embedding.embeddings.1.embedding.text", "b"),
            Attribute("embedding.embeddings.1.embedding.vector", [1.0, 0.5, 0.25]),
        ],
    ]

    @Test(arguments: vectors)
    func `vectors are counted, and the texts are the input`(_ given: [Attribute]) throws {
        let record = try map(SpanFixture(attributes: given))
        #expect(record["type"] == "rag_embedding")
        #expect(record["input"] == ["a", "b"])
        #expect(record["output"] == ["count": 2, "dimensions": 3])
        #expect(record["attributes"]?["ai.embeddings"] == nil)
        #expect(record["attributes"]?["embedding.embeddings.0.embedding.vector"] == nil)
        #expect(record["attributes"]?["embedding.embeddings.0.embedding.text"] == nil)
    }

    @Test(arguments: vectors)
    func `the option keeps vectors`(_ given: [Attribute]) throws {
        var options = MappingOptions.unlimited
        options.keepsVectors = true
        let request = RequestFixture([SpanFixture(attributes: given)])
        let record = try #require(try map(request, options).first)
        let input = try #require(record["input"])
        let output = try #require(record["output"])
        #expect(Self.holds(output, 0.5))
        #expect(Self.holds(output, 0.25))
        #expect(Self.holds(input, "a"))
    }

    private static func holds(_ value: JSON, _ leaf: JSON) -> Bool {
        switch value {
        case .array(let items): items.contains { holds($0, leaf) }
        case .object(let members): members.values.contains { holds($0, leaf) }
        default: value == leaf
        }
    }

    @Test func `one embedding is counted as one`() throws {
        let record = try map([
            "ai.operationId": "ai.embed.doEmbed", "ai.values": ["\"a\""],
            "ai.embeddings": ["[0.5,0.25]"], "ai.usage.tokens": 4, "ai.model.id": "e",
        ])
        #expect(record["output"] == ["count": 1, "dimensions": 2])
        #expect(record["attributes"]?["usage"] == ["inputTokens": 4])
        #expect(record["attributes"]?["model"] == "e")
    }

    @Test func `an outer embedding of the AI SDK has a value and its vector`() throws {
        let record = try map([
            "ai.operationId": "ai.embed", "ai.value": "\"a\"", "ai.embedding": "[0.5,0.25]",
            "ai.usage.tokens": 4,
        ])
        #expect(record["type"] == "generic")
        #expect(record["output"] == ["count": 1, "dimensions": 2])
        #expect(record["attributes"]?["usage"] == nil)
        #expect(record["attributes"]?["ai.usage.tokens"] == 4)
    }

    @Test func `dimensions by themselves are a field`() throws {
        let record = try map([
            "gen_ai.operation.name": "embeddings", "gen_ai.embeddings.dimension.count": 1536,
            "gen_ai.prompt": "text",
        ])
        #expect(record["input"] == "text")
        #expect(record["attributes"]?["dimensions"] == 1536)
    }

    // MARK: Search

    @Test func `a search has a query and documents`() throws {
        let record = try map([
            "openinference.span.kind": "RETRIEVER", "input.value": "cities",
            "retrieval.documents.1.document.id": "2",
            "retrieval.documents.1.document.content": "Rome",
            "retrieval.documents.1.document.score": 0.5,
            "retrieval.documents.0.document.id": "1",
            "retrieval.documents.0.document.content": "Paris",
            "retrieval.documents.0.document.score": 0.75,
            "retrieval.documents.0.document.metadata": #"{"page":3}"#,
        ])
        #expect(record["type"] == "rag_vector_operation")
        #expect(record["input"] == "cities")
        expectEqual(
            record["output"],
            [
                ["id": "1", "content": "Paris", "score": 0.75, "metadata": ["page": 3]],
                ["id": "2", "content": "Rome", "score": 0.5],
            ])
        #expect(record["attributes"]?["operation"] == "query")
        #expect(
            record["attributes"]?.names == ["openinference.span.kind", "operation"])
    }

    @Test func `a search of GenAI has its query and documents as they are`() throws {
        let record = try map([
            "gen_ai.operation.name": "retrieval", "gen_ai.retrieval.query.text": "cities",
            "gen_ai.retrieval.documents": #"[{"id":"1","score":0.5}]"#,
            "gen_ai.request.top_k": 4, "input.value": "other",
        ])
        #expect(record["input"] == "cities")
        #expect(record["output"] == [["id": "1", "score": 0.5]])
        #expect(record["attributes"]?["operation"] == "query")
        #expect(record["attributes"]?["topK"] == 4)
        #expect(record["attributes"]?["input.value"] == "other")
    }

    // MARK: Reranking

    @Test func `a reranker has a query and two lists of documents`() throws {
        let record = try map([
            "openinference.span.kind": "RERANKER", "reranker.query": "cities",
            "reranker.model_name": "rank", "reranker.top_k": 1,
            "reranker.input_documents.0.document.content": "Rome",
            "reranker.input_documents.1.document.content": "Paris",
            "reranker.output_documents.0.document.content": "Paris",
            "reranker.output_documents.0.document.score": 0.75,
            "input.value": #"{"query":"cities"}"#,
        ])
        #expect(record["type"] == "rag_action")
        expectEqual(
            record["input"],
            ["query": "cities", "documents": [["content": "Rome"], ["content": "Paris"]]])
        expectEqual(record["output"], [["content": "Paris", "score": 0.75]])
        #expect(record["attributes"]?["action"] == "rerank")
        #expect(record["attributes"]?["model"] == "rank")
        #expect(record["attributes"]?["topN"] == 1)
    }
}

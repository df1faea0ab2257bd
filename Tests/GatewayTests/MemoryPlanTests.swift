import CloudExport
import Testing

@testable import Gateway

@Suite struct MemoryPlanTests {
    @Test func `the sum is that of the parts, and each limit that is raised raises it`() {
        let plan = MemoryPlan(GatewayConfiguration())
        #expect(plan.total == plan.parts.reduce(0) { $0 + $1.bytes })
        let changes: [(inout GatewayConfiguration) -> Void] = [
            { $0.memoryLimit *= 2 }, { $0.maxConnections *= 2 }, { $0.maxHeaderBytes *= 2 },
            { $0.routes[0].maxBatchBytes *= 2 }, { $0.queueMaxBytes = 1 << 30 },
        ]
        for change in changes {
            var configuration = GatewayConfiguration()
            change(&configuration)
            #expect(MemoryPlan(configuration).total > plan.total)
        }
    }

    @Test func `on disk the queue needs its window and not its size`() {
        var configuration = GatewayConfiguration()
        configuration.queueDirectory = "/q"
        configuration.queueMaxBytes = 1 << 40
        #expect(MemoryPlan(configuration).total < MemoryPlan(GatewayConfiguration()).total)
    }

    @Test func `what does not fit is told with its parts`() throws {
        let plan = MemoryPlan(GatewayConfiguration())
        #expect(plan.complaint(limit: plan.total, of: "x") == nil)
        let complaint = try #require(plan.complaint(limit: plan.total - 1, of: "the control group"))
        for part in plan.parts { #expect(complaint.contains(part.name)) }
        #expect(complaint.contains("the control group allows"))
    }

    @Test func `limits at their defaults follow a small machine, others do not`() {
        var configuration = GatewayConfiguration()
        configuration.fit(into: 512 << 20)
        #expect(configuration.memoryLimit == 128 << 20)
        #expect(configuration.queueBytes == 128 << 20)
        #expect(MemoryPlan(configuration).total < 512 << 20)

        var set = GatewayConfiguration()
        set.memoryLimit = 200 << 20
        set.queueMaxBytes = 300 << 20
        set.fit(into: 512 << 20)
        #expect(set.memoryLimit == 200 << 20)
        #expect(set.queueBytes == 300 << 20)

        var large = GatewayConfiguration()
        large.fit(into: 64 << 30)
        #expect(large.memoryLimit == GatewayConfiguration().memoryLimit)
        #expect(large.queueBytes == GatewayConfiguration().queueBytes)
    }

    @Test(arguments: [(128, nil), (192, nil), (256, nil), (512, nil), (192, "/q"), (256, "/q")])
    func `so many MiB are enough for the defaults, in memory and on disk`(
        _ memory: Int, _ directory: String?
    ) {
        var configuration = GatewayConfiguration()
        configuration.routes[0].accessToken = Secret("t")
        configuration.queueDirectory = directory
        configuration.fit(into: memory << 20)
        let usable = ControlGroup.usable(of: memory << 20)
        #expect(MemoryPlan(configuration).complaint(limit: usable, of: "x") == nil)
        #expect(configuration.memoryLimit >= configuration.maxBodyBytes)
        #expect(configuration.queueBytes >= 8 << 20)
    }

    @Test func `a small machine has fewer connections and smaller bodies`() {
        var configuration = GatewayConfiguration()
        configuration.fit(into: 256 << 20)
        #expect(configuration.maxConnections == 256)
        #expect(configuration.maxBodyBytes == 16 << 20)
    }

    @Test func `memory for bodies stays enough for one of them`() {
        var configuration = GatewayConfiguration()
        configuration.maxBodyBytes = 63 << 20
        configuration.fit(into: 64 << 20)
        #expect(configuration.memoryLimit == 63 << 20)
    }
}

@Suite struct ControlGroupTests {
    private struct Missing: Error {}

    private static func limit(_ files: [String: String]) -> Int? {
        ControlGroup.memoryLimit { path in
            guard let text = files[path] else { throw Missing() }
            return text
        }
    }

    @Test func `version 2 has the least limit of the group and those around it`() {
        #expect(
            Self.limit([
                "/proc/self/cgroup": "0::/a.slice/b.service\n",
                "/sys/fs/cgroup/a.slice/b.service/memory.max": "max\n",
                "/sys/fs/cgroup/a.slice/memory.max": "1073741824\n",
                "/sys/fs/cgroup/memory.max": "2147483648\n",
            ]) == 1 << 30)
    }

    @Test func `in a container the group is the root`() {
        #expect(
            Self.limit([
                "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "268435456\n",
            ]) == 256 << 20)
    }

    @Test func `version 1 has the memory controller's`() {
        #expect(
            Self.limit([
                "/proc/self/cgroup": "12:cpu,cpuacct:/x\n4:memory:/docker/1\n0::/\n",
                "/sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes": "536870912\n",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            ]) == 512 << 20)
    }

    @Test func `no group, no file and no number are no limit`() {
        #expect(Self.limit([:]) == nil)
        #expect(Self.limit(["/proc/self/cgroup": "0::/\n"]) == nil)
        #expect(
            Self.limit([
                "/proc/self/cgroup": "0::/\nnonsense\n", "/sys/fs/cgroup/memory.max": "max\n",
            ]) == nil)
    }
}

@Suite struct DescriptorTests {
    /// The console has no connections.
    private static var exporting: GatewayConfiguration {
        var configuration = GatewayConfiguration()
        configuration.routes[0].accessToken = Secret("t")
        return configuration
    }

    @Test func `each lane on disk has its files`() {
        var configuration = Self.exporting
        configuration.queueDirectory = "/q"
        let one = configuration.routes[0]
        configuration.routes = (0..<10).map { index in
            var route = one
            route.name = "r\(index)"
            return route
        }
        let wasLowered = configuration.fit(intoDescriptors: 1024, eventLoops: 2)
        #expect(wasLowered)
        // Ten uploads of their own and eight that are shared.
        #expect(configuration.maxConnections == (1024 - 40 - 36 - 120) / 2)
    }

    @Test(
        arguments: [
            (1 << 20, 2, 1024, false),
            // 32, four for each loop, two for each upload; two listeners share what is left.
            (1024, 2, (1024 - 48) / 2, true), (1024, 8, (1024 - 72) / 2, true), (10, 2, 1, true),
        ])
    func `connections leave descriptors for everything else`(
        _ limit: Int, _ eventLoops: Int, _ connections: Int, _ isLowered: Bool
    ) {
        var configuration = Self.exporting
        let wasLowered = configuration.fit(intoDescriptors: limit, eventLoops: eventLoops)
        #expect(wasLowered == isLowered)
        #expect(configuration.maxConnections == connections)
    }

    @Test func `one listener has them all`() {
        var configuration = Self.exporting
        configuration.grpcListen = nil
        let wasLowered = configuration.fit(intoDescriptors: 1024, eventLoops: 2)
        #expect(wasLowered)
        #expect(configuration.maxConnections == 1024 - 48)
    }
}

import Testing
@testable import SendingQueue
@Suite struct TmpTests {
    @Test func `tmp`() {
        let list: [(LogStep.Kind, UInt64)] = [(.append, 2214800508), (.appendBehind, 588591046), (.read, 629404059), (.killSoon, 2782345888), (.read, 277217861), (.failSoon, 2199237642), (.finish, 1457643458), (.finish, 852991998), (.reopen, 1497286402), (.append, 1349639280)]
        let world = LogWorld(seed: 6190536914695400964)
        let old = world.disk.onCall
        world.disk.onCall = { [unowned disk = world.disk] call, name in
            print(disk.epoch, disk.calls, call, name, disk.crashAt ?? 0, disk.fault.map { "\($0)" } ?? "", disk.names.keys.sorted())
            old?(call, name)
        }
        print(world.run(list.map { LogStep(kind: $0.0, seed: $0.1) }) as Any)
    }
}

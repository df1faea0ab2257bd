@main
struct MastraGateway {
    static func main() {}
}

import Instruments
import Testing

@testable import Gateway

@Suite struct MetricsTextTests {
    @Test func `a family has its help and type once, then its samples`() {
        var text = MetricsText()
        text.counter("a_total", "What a is.", 7)
        text.counters("b_total", "What b is.", label: "kind", [("x", 1), ("y", .max)])
        text.gauge("c", "What c is.", 0)
        text.gauge("d_seconds", "What d is.", seconds: 1.5)
        text.gauges("e", "What e is.", label: "state", [("on", 1), ("off", 0)])
        text.info("build_info", "The version.", [("version", "1"), ("arch", "x")])
        #expect(
            text.text == """
                # HELP mastra_gateway_a_total What a is.
                # TYPE mastra_gateway_a_total counter
                mastra_gateway_a_total 7
                # HELP mastra_gateway_b_total What b is.
                # TYPE mastra_gateway_b_total counter
                mastra_gateway_b_total{kind="x"} 1
                mastra_gateway_b_total{kind="y"} 18446744073709551615
                # HELP mastra_gateway_c What c is.
                # TYPE mastra_gateway_c gauge
                mastra_gateway_c 0
                # HELP mastra_gateway_d_seconds What d is.
                # TYPE mastra_gateway_d_seconds gauge
                mastra_gateway_d_seconds 1.5
                # HELP mastra_gateway_e What e is.
                # TYPE mastra_gateway_e gauge
                mastra_gateway_e{state="on"} 1
                mastra_gateway_e{state="off"} 0
                # HELP mastra_gateway_build_info The version.
                # TYPE mastra_gateway_build_info gauge
                mastra_gateway_build_info{version="1",arch="x"} 1

                """)
    }

    @Test func `a histogram is cumulative, and its last bucket is its count`() {
        let histogram = Histogram(bounds: [0.5, 1])
        for milliseconds in [250, 500, 750, 3000] { histogram.observe(.milliseconds(milliseconds)) }
        var text = MetricsText()
        text.histogram("h_seconds", "What h is.", histogram.snapshot)
        #expect(
            text.text == """
                # HELP mastra_gateway_h_seconds What h is.
                # TYPE mastra_gateway_h_seconds histogram
                mastra_gateway_h_seconds_bucket{le="0.5"} 2
                mastra_gateway_h_seconds_bucket{le="1.0"} 3
                mastra_gateway_h_seconds_bucket{le="+Inf"} 4
                mastra_gateway_h_seconds_sum 4.5
                mastra_gateway_h_seconds_count 4

                """)
    }

    @Test func `the content type names the format`() {
        #expect(MetricsText.contentType == "text/plain; version=0.0.4; charset=utf-8")
    }
}

#if SparkConnect
    import SwiftwaterCore
    import SwiftwaterSpark
    import Testing

    @Suite struct SparkAddressTests {
        @Test func partsAreRead() throws {
            let plain = try SparkAddress("sc://spark.example")
            #expect(plain.host == "spark.example" && plain.port == 15002)
            #expect(!plain.usesTLS && plain.user == nil && plain.session == nil && plain.token == nil)
            let full = try SparkAddress(
                "sc://[::1]:443/;token=a%3Bb%20c;user_id=ana;session_id=3f2504e0-4f89-41d3-9a0c-0305e82c3301;x-org=7")
            #expect(full.host == "::1" && full.port == 443 && full.usesTLS)
            #expect(full.token?.text == "a;b c" && full.user == "ana" && full.headers == ["x-org": "7"])
            #expect(try !SparkAddress("sc://h/;token=t;use_ssl=false").usesTLS)
            #expect(try SparkAddress("sc://h:1/;use_ssl=true").usesTLS)
        }

        @Test(arguments: [
            "http://h", "sc://", "sc://h:0", "sc://h:99999", "sc://h:x", "sc://h/;token", "sc://h/;=x",
            "sc://h/;use_ssl=maybe", "sc://h/;session_id=mine",
        ])
        func otherAddressesAreRefused(address: String) {
            let error = #expect(throws: SwiftwaterError.self) { try SparkAddress(address) }
            #expect(error?.code == .invalidArgument && error?.remedy?.contains("sc://host:15002") == true)
        }

        @Test func theEnvironmentMayHaveTheToken() throws {
            let environment = ["SPARK_CONNECT_AUTHENTICATE_TOKEN": "env"]
            let address = try SparkAddress("sc://h", environment: environment)
            #expect(address.token?.text == "env" && address.usesTLS)
            #expect(try SparkAddress("sc://h/;token=own", environment: environment).token?.text == "own")
            #expect(try SparkAddress("sc://h", environment: ["SPARK_CONNECT_AUTHENTICATE_TOKEN": ""]).token == nil)
        }

        @Test func aTokenIsNeverShown() throws {
            let address = try SparkAddress("sc://h/;token=hush-hush")
            var dumped = ""
            dump(address, to: &dumped)
            #expect(!"\(address) \(String(reflecting: address)) \(dumped)".contains("hush"))
            let error = #expect(throws: SwiftwaterError.self) { try SparkAddress("sc://h:0/;token=hush-hush") }
            #expect(error.map { "\($0)" }?.contains("hush") == false)
        }
    }
#endif

#if SparkConnect
    import Foundation
    import SwiftProtobuf
    import TestSupport
    import Testing

    /// Our minimal .proto is a part of that of the installed Spark.
    @Suite(.enabled(if: RealSpark.python != nil, "SPARK_PYTHON names no Python with pyspark and grpcio-tools"))
    struct SparkProtocolTests {
        /// What one side declares in the package `spark.connect`.
        private struct Declarations {
            var messages: [String: Google_Protobuf_DescriptorProto] = [:]
            var enums: [String: Google_Protobuf_EnumDescriptorProto] = [:]
            var services: [String: Google_Protobuf_ServiceDescriptorProto] = [:]

            init(_ path: String) throws {
                let set = try Google_Protobuf_FileDescriptorSet(
                    serializedBytes: try Data(contentsOf: URL(filePath: path)))
                for file in set.file where file.package == "spark.connect" {
                    for message in file.messageType { add(message, "") }
                    for entry in file.enumType { enums[entry.name] = entry }
                    for service in file.service { services[service.name] = service }
                }
            }

            private mutating func add(_ message: Google_Protobuf_DescriptorProto, _ prefix: String) {
                let name = prefix + message.name
                messages[name] = message
                for entry in message.enumType { enums[name + "." + entry.name] = entry }
                for nested in message.nestedType { add(nested, name + ".") }
            }
        }

        /// What has to be equal of a field.
        private func essence(
            _ field: Google_Protobuf_FieldDescriptorProto, _ message: Google_Protobuf_DescriptorProto
        ) -> String {
            let group = field.hasOneofIndex ? message.oneofDecl[Int(field.oneofIndex)].name : "-"
            return "\(field.name) \(field.type) \(field.label) \(field.typeName) \(group)"
        }

        @Test func everyFieldIsSparks() throws {
            let folder = try TemporaryDirectory()
            let own = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../Sources/SwiftwaterSparkProtocol").standardized.path()
            let made = try Program.shell(
                """
                set -e
                cd \(folder.path)
                jars="$(\(RealSpark.python!) -c 'import pyspark, os; print(os.path.dirname(pyspark.__file__))')/jars"
                \(RealSpark.python!) -m zipfile -e "$jars"/spark-connect_2.13-*.jar theirs
                \(RealSpark.python!) -m grpc_tools.protoc -I theirs --include_imports --descriptor_set_out=theirs.desc \
                  theirs/spark/connect/*.proto
                \(RealSpark.python!) -m grpc_tools.protoc -I \(own) --descriptor_set_out=ours.desc spark_connect.proto
                """)
            try #require(made.status == 0, "\(made.error)")
            let (ours, theirs) = (
                try Declarations(folder.file("ours.desc")), try Declarations(folder.file("theirs.desc"))
            )
            #expect(ours.messages.count > 100)
            for (name, message) in ours.messages {
                let other = try #require(theirs.messages[name], "Spark has no message \(name)")
                for field in message.field {
                    let found = other.field.first { $0.number == field.number }
                    #expect(
                        found.map { essence($0, other) } == essence(field, message), "\(name), field \(field.number)")
                }
            }
            for (name, entry) in ours.enums {
                let other = try #require(theirs.enums[name], "Spark has no enum \(name)")
                for value in entry.value {
                    #expect(other.value.first { $0.number == value.number }?.name == value.name, "\(name)")
                }
            }
            for (name, service) in ours.services {
                let other = try #require(theirs.services[name], "Spark has no service \(name)")
                for method in service.method {
                    let found = other.method.first { $0.name == method.name }
                    #expect(
                        found?.inputType == method.inputType && found?.outputType == method.outputType
                            && found?.clientStreaming == method.clientStreaming
                            && found?.serverStreaming == method.serverStreaming, "\(name).\(method.name)")
                }
            }
        }
    }
#endif

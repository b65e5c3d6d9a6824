import CSwiftwaterKernels

extension InstructionSet {
    /// The best that this processor has.
    public static var best: InstructionSet { InstructionSet(rawValue: sw_best_isa()) ?? .portable }
}

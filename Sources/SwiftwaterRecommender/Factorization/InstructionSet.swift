import CSwiftwaterKernels
import SwiftwaterCore

extension InstructionSet {
    /// The best instruction set that this processor has.
    public static var best: InstructionSet { InstructionSet(rawValue: sw_best_isa()) ?? .portable }
}

/// The instruction set that the kernels use.
public enum InstructionSet: Int32, Sendable, CaseIterable {
    /// What every processor of the architecture has.
    case portable = 0
    /// AVX2 and FMA.
    case avx2 = 1
    /// AVX-512 F, VL, BW and DQ.
    case avx512 = 2
}

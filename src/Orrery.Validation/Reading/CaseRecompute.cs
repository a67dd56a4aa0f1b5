namespace Orrery.Validation.Reading;

/// <summary>What a case says about recomputation.</summary>
public enum CaseRecompute : byte
{
    /// <summary>The source does not say; the stack's default holds.</summary>
    NotStated,

    None,

    /// <summary>The attention score block.</summary>
    Selective,

    /// <summary>Some other part of a layer; the printed words say which.</summary>
    Partial,

    Full,
}

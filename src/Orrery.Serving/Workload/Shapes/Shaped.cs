namespace Orrery.Serving;

/// <summary>A shape as a person asked for it.</summary>
/// <param name="Text">The word and all its numbers, given or usual: <c>gamma, cv 2</c>.</param>
public sealed record Shaped<T>(T Shape, string Text)
    where T : class;

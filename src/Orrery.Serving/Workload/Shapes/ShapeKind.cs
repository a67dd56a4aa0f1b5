using System.Collections.Immutable;

namespace Orrery.Serving;

/// <summary>One word of a vocabulary of shapes, with the numbers it takes: how arrivals follow one another, how lengths are spread.</summary>
/// <param name="Name">Word by which people call it.</param>
/// <param name="Meaning">One line for help and lists.</param>
/// <param name="Parameters">Numbers behind the word; their usual values are in <c>data/workloads/shapes.yaml</c>.</param>
/// <param name="Make">The shape of given numbers, one for each parameter.</param>
public sealed record ShapeKind<T>(string Name, string Meaning, ImmutableArray<ShapeParameter> Parameters, Func<ImmutableArray<double>, T> Make)
    where T : class;

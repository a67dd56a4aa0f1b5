using System.Collections.Immutable;
using Orrery.Validation.Cases;
using Orrery.Validation.Reading;

namespace Orrery.Validation.Tests;

/// <summary>The published training rows and what reads them, loaded once for all tests.</summary>
internal static class PublishedCases
{
    public static CaseConventions Conventions { get; } =
        CaseConventions.Load(RepositoryData.Root) is { Value: { } read } ? read : throw new InvalidDataException("the conventions cannot be read");

    public static ImmutableArray<TrainingCase> Training { get; } = TrainingCase.Read(RepositoryData.Validation("training.csv.gz")).Cases;

    public static ImmutableArray<MemoryCase> Memory { get; } = MemoryCase.Read(RepositoryData.Validation("memory.csv")).Cases;

    public static ImmutableDictionary<string, CaseReading> Readings { get; } = ReadAll();

    public static CaseReader NewReader() => new(Conventions, new ModelLibrary(RepositoryData.Root));

    public static TrainingCase Row(string id) => Training.Single(row => row.Origin.Id == id);

    private static ImmutableDictionary<string, CaseReading> ReadAll()
    {
        CaseReader reader = NewReader();
        return Training.ToImmutableDictionary(row => row.Origin.Id, reader.Read);
    }
}

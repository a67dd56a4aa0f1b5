using Orrery.Catalog;
using Orrery.Validation.Cases;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Reading;

public sealed class CaseNamesTests
{
    /// <summary>Chips of expressible rows that have no entry: their rows are skipped by name.</summary>
    private static readonly string[] Unknown =
    [
        "Gaudi2", "Gaudi3",

        // Cores rather than chips; scored as instruction streams.
        "Trainium NeuronCore (generation not printed; Trainium2 NeuronCore-v3 likely)",

        // Two servers of a chip, as the source describes them; the system column names it.
        "Trainium1 (2x trn1.32xlarge, inferred)",
    ];

    private static readonly DataCatalog Catalog = DataCatalog.Open(RepositoryData.Root);

    [Fact]
    public void Every_chip_and_system_of_the_case_files_is_in_the_catalogue()
    {
        SortedSet<string> chips = new(StringComparer.Ordinal), systems = new(StringComparer.Ordinal);
        foreach (TrainingCase row in ValidationFiles.Training(RepositoryData.Root).SelectMany(static file => TrainingCase.Read(file).Cases))
            Add(row.Origin, row.Job.Chip);
        foreach (CollectiveCase row in CollectiveCase.Read(RepositoryData.Validation("collectives.csv")).Cases)
            Add(row.Origin, row.Chip);
        foreach (KernelCase row in KernelCase.Read(RepositoryData.Validation("kernels.csv")).Cases)
            Add(row.Origin, row.Chip);
        foreach (MemoryCase row in ValidationFiles.Memory(RepositoryData.Root).SelectMany(static file => MemoryCase.Read(file).Cases))
            Add(row.Origin, row.Job.Chip);

        chips.Count.ShouldBeGreaterThan(20);
        chips.Where(name => Catalog.Chip(name).Value is null).ShouldBe(Unknown, ignoreOrder: true);
        systems.Count.ShouldBeGreaterThan(10);
        systems.Where(name => Catalog.System(name).Value is null).ShouldBeEmpty();

        void Add(CaseOrigin origin, string chip)
        {
            if (!origin.IsExpressible)
                return;
            chips.Add(chip);
            if (origin.System.Length > 0)
                systems.Add(origin.System);
        }
    }
}

namespace Orrery.Catalog.Tests;

/// <summary>A temporary data folder with one small chip, system, stack and vocabulary, to be spoiled one line at a time.</summary>
internal sealed class DataFolder : IDisposable
{
    public const string Chip = """
        id: tiny
        name: Tiny
        aliases: [Tiny-8GB]
        vendor: Nobody
        architecture: gpu
        family: toy
        sources:
          sheet: {where: "a data sheet", date: 2026-01}
          press: {where: "a magazine", date: 2026-02}
        peak:
          fp32: {value: 1 TFLOPS, mark: stated, source: sheet}
          bf16: {value: 10 TFLOPS, mark: stated, source: sheet}
        memoryCapacity: {value: 8 GiB, mark: stated, source: sheet}
        memoryBandwidth:
          readings:
            - {name: sheet, value: 100 GB/s, mark: stated, source: sheet}
            - {name: press, value: 110 GB/s, mark: reported, source: press, date: 2026-03, note: "measured"}
        onChipMemory: {value: 4 MiB, mark: stated, source: sheet}
        cores: {value: 4, mark: stated, source: sheet}
        ranksPerChip: {value: 1, mark: derived, source: ours, note: "one process"}
        clock: {value: 1 GHz, mark: stated, source: sheet}
        power: {value: 50 W, mark: stated, source: sheet}
        idlePowerFraction: {value: 0.2, mark: assumed, source: ours, note: "a guess"}
        runtimeReserve: {value: 100 MB, mark: assumed, source: ours, note: "a guess"}

        """;

    public const string System = """
        name: Tiny box
        aliases: [box]
        chip: tiny
        defaultStack: plain
        sources:
          sheet: {where: "a data sheet", date: 2026-01}
        chipsPerServer: {value: 4, mark: stated, source: sheet}
        chipsPerScaleUpDomain: {value: 4, mark: stated, source: sheet}
        levels:
          - name: server
            topology: torus-2d
            size: 4
            dimensions: [2, 2]
            linksPerChip: 4
            mark: stated
            source: sheet
            bandwidthPerChip: {value: 50 GB/s, mark: stated, source: sheet}
            latency: {value: 1 us, mark: stated, source: sheet}
          - name: cluster
            topology: clos
            size: 0
            oversubscription: 2
            mark: stated
            source: sheet
            bandwidthPerChip: {value: 100 Gbps, mark: stated, source: sheet}
            latency: {value: 5 us, mark: stated, source: sheet}
        overheadPowerPerChip: {value: 20 W, mark: stated, source: sheet}
        powerUsageEffectiveness: {value: 1.1, mark: stated, source: sheet}
        prices:
          - {plan: rent, perChipHour: $0.5, mark: stated, source: sheet}
          - {plan: spot, mark: unknown, source: sheet}

        """;

    public const string Vocabulary = """
        constants:
          - {name: launch, unit: us, low: 0, high: 100, default: 10, meaning: "time to launch a kernel"}
          - {name: share, unit: "1", low: 0.1, high: 1, default: 0.8, meaning: "share of the peak"}
          - {name: graphs, unit: "1", low: 0, high: 1, default: 0, meaning: "launches are captured"}

        """;

    public const string Stack = """
        name: Plain stack
        covers: [plain-*, other-1.0, plain]
        attention: flash
        vocabularyPadding: 128
        gradientBytes: 2
        sources:
          paper: "a paper"
        constants:
          launch: {value: 0.02 ms, mark: reported, source: paper}
        onChip:
          toy:
            share: {value: 0.5, mark: reported, source: paper}
        releases:
          plain-2*:
            graphs: {value: 1, mark: stated, source: paper}
          plain-2.1:
            launch: {value: 5 us, mark: stated, source: paper}

        """;

    public DataFolder()
    {
        Root = Directory.CreateTempSubdirectory("orrery-").FullName;
        Write("chips/tiny.yaml", Chip);
        Write("systems/tiny-box.yaml", System);
        Write("stacks/constants.yaml", Vocabulary);
        Write("stacks/plain.yaml", Stack);
    }

    public string Root { get; }

    public DataCatalog Open(params (string Key, string Reading)[] assumptions) =>
        DataCatalog.Open(Root, assumptions.ToDictionary(one => one.Key, one => one.Reading, StringComparer.Ordinal));

    public void Write(string path, string text)
    {
        string full = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    public void Write(string path, byte[] bytes) => File.WriteAllBytes(Path.Combine(Root, path), bytes);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}

using Orrery.Catalog;
using Orrery.Models;
using Orrery.Training;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests;

/// <summary>A machine, a stack and a model that nobody has heard of are files.</summary>
public sealed class MadeUpMachineTests : IDisposable
{
    private const string Common = """
        vendor: Nobody
        sources:
          sheet: {where: "a data sheet", date: 2026-01}
        memoryCapacity: {value: 64 GiB, mark: stated, source: sheet}
        memoryBandwidth: {value: 2 TB/s, mark: stated, source: sheet}
        onChipMemory: {value: 64 MiB, mark: stated, source: sheet}
        clock: {value: 1.5 GHz, mark: stated, source: sheet}
        power: {value: 300 W, mark: stated, source: sheet}
        idlePowerFraction: {value: 0.3, mark: assumed, source: ours, note: "a guess"}
        runtimeReserve: {value: 1 GB, mark: assumed, source: ours, note: "a guess"}

        """;

    private const string Peak = """
        peak:
          fp32: {value: 50 TFLOPS, mark: stated, source: sheet}
          bf16: {value: 200 TFLOPS, mark: stated, source: sheet}

        """;

    private const string Gpu = Common + Peak + """
        name: Odd GPU
        architecture: gpu
        family: unheard-of
        cores: {value: 100, mark: stated, source: sheet}
        ranksPerChip: {value: 1, mark: stated, source: sheet}

        """;

    private const string Tpu = Common + Peak + """
        name: Odd TPU
        architecture: tpu
        family: tpu
        cores: {value: 1, mark: stated, source: sheet}
        ranksPerChip: {value: 1, mark: stated, source: sheet}
        tensorCore:
          matrixUnits: {value: 2, mark: stated, source: sheet}
          arraySide: {value: 128, mark: stated, source: sheet}
          vectorMemory: {value: 64 MiB, mark: stated, source: sheet}
          vectorOperations: {value: 4096, mark: stated, source: sheet}
          sublanes: {value: 8, mark: stated, source: sheet}

        """;

    private readonly string root = Directory.CreateTempSubdirectory("orrery-made-up-").FullName;

    public MadeUpMachineTests()
    {
        // What comes with the program: the vocabulary, the libraries, the power shares and the calibrations that others borrow.
        foreach (string file in new[]
        {
            "stacks/constants.yaml", "fabric/gpu.yaml", "fabric/tpu.yaml", "fabric/neuron.yaml", "power/activity.yaml", "calibration/operators.yaml", "models/ignored-keys.txt",
            "calibration/chips/h100.yaml", "calibration/chips/tpu-v6e.yaml", "calibration/chips/trainium2.yaml",
        })
        {
            Write(file, File.ReadAllText(Path.Combine(RepositoryData.Root, file)));
        }

        Write("chips/odd-gpu.yaml", Gpu);
        Write("chips/odd-tpu.yaml", Tpu);
        string neuron = File.ReadAllText(Path.Combine(RepositoryData.Root, "chips", "trainium2.yaml"));
        Write("chips/odd-neuron.yaml", neuron.Replace("id: trainium2", "id: odd-neuron", StringComparison.Ordinal).Replace("tensorClock: {value: 2.4 GHz", "tensorClock: {value: 1.2 GHz", StringComparison.Ordinal));
        foreach ((string chip, string chipLevel, string shape) in new[]
        {
            ("odd-gpu", "", "topology: switch\n    size: 16"),
            ("odd-tpu", "", "topology: torus-2d\n    size: 16\n    dimensions: [4, 4]\n    slices: [2x2, 2x4]\n    linksPerChip: 4"),
            ("odd-neuron", "  - name: chip\n    topology: full-mesh\n    size: 4\n    mark: stated\n    source: sheet\n    bandwidthPerChip: {value: 1 TB/s, mark: stated, source: sheet}\n    latency: {value: 1 us, mark: stated, source: sheet}\n", "topology: full-mesh\n    size: 16"),
        })
        {
            Write($"systems/box-of-{chip}.yaml", $$"""
                name: Box of {{chip}}
                chip: {{chip}}
                defaultStack: odd-stack
                sources:
                  sheet: {where: "a data sheet", date: 2026-01}
                chipsPerServer: {value: 4, mark: stated, source: sheet}
                chipsPerScaleUpDomain: {value: 16, mark: stated, source: sheet}
                levels:
                {{chipLevel}}  - name: server
                    {{shape}}
                    mark: stated
                    source: sheet
                    bandwidthPerChip: {value: 200 GB/s, mark: stated, source: sheet}
                    latency: {value: 1 us, mark: stated, source: sheet}
                  - name: cluster
                    topology: clos
                    size: 0
                    mark: stated
                    source: sheet
                    bandwidthPerChip: {value: 100 Gbps, mark: stated, source: sheet}
                    latency: {value: 5 us, mark: stated, source: sheet}
                overheadPowerPerChip: {value: 100 W, mark: stated, source: sheet}
                powerUsageEffectiveness: {value: 1.1, mark: stated, source: sheet}
                prices:
                  - {plan: rent, perChipHour: $1.5, mark: stated, source: sheet}

                """);
        }

        Write("stacks/odd-stack.yaml", """
            name: Odd stack
            covers: [odd-*]
            attention: flash
            sources:
              paper: "a paper"
            constants:
              kernelGap: {value: 2 us, mark: reported, source: paper}
            onChip:
              odd-gpu:
                sustainedClock: {value: 0.8, mark: reported, source: paper}

            """);
        Write("models/odd-model/config.json", """
            {"model_type": "llama", "hidden_size": 2048, "num_hidden_layers": 12, "num_attention_heads": 16, "num_key_value_heads": 4, "intermediate_size": 8192, "vocab_size": 32000, "max_position_embeddings": 4096}
            """);
    }

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Theory]
    [InlineData("odd-gpu", 32)]
    [InlineData("odd-tpu", 32)]
    [InlineData("odd-tpu", 8)]
    [InlineData("odd-neuron", 32)]
    public void A_made_up_chip_system_stack_and_model_are_data_only(string chip, int chips)
    {
        DataCatalog catalog = DataCatalog.Open(root);
        Result<SystemDescription> system = catalog.System("box-of-" + chip);
        system.Diagnostics.Select(static one => one.ToString()).ShouldBeEmpty();
        Result<StackDescription> stack = catalog.Stack("odd-1.0");
        stack.Diagnostics.Select(static one => one.ToString()).ShouldBeEmpty();
        Result<ModelArchitecture> model = ModelLoader.Load("odd-model", root);
        model.Diagnostics.Select(static one => one.ToString()).ShouldBeEmpty();

        TrainingOutcome outcome = TrainingRunner.Run(
            new TrainingRequest { Model = model.Value!, System = system.Value!, Stack = stack.Value!, Chips = chips, GlobalBatch = 256, Sequence = 2048 }, catalog);

        outcome.Diagnostics.Where(static one => one.Severity == Severity.Error).Select(static one => one.ToString()).ShouldBeEmpty();
        TrainingReport report = outcome.Report!;
        report.Mfu.ShouldBeInRange(0.02, 0.95);
        report.Memory.Fits.ShouldBeTrue();
        report.StepTimeHigh.ShouldBeGreaterThan(report.StepTime);
        report.Cost.UsdPerHour!.Value.ShouldBe(1.5 * chips, 1e-9);
        report.Ranks.ShouldBe(chips * system.Value!.Chip.RanksPerChip);
        report.Request.System.ChipsPerScaleUpDomain.ShouldBe(chip == "odd-tpu" && chips < 16 ? chips : 16);
    }

    private void Write(string path, string text)
    {
        string full = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}

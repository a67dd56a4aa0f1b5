using Orrery.Catalog;
using Orrery.Engine;
using Orrery.Fabric;
using Orrery.Operators;
using Orrery.Units;
using Orrery.Validation.Collectives;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Collectives;

public sealed class OwnFabricFitTests
{
    private static readonly DataCatalog Catalog = DataCatalog.Open(RepositoryData.Root);

    [Theory]
    [InlineData("dgx-h100", 1.5, 0.8, 2.5, 0.6)]
    [InlineData("dgx-a100", 0.7, 1.1, 0.8, 1.1)]
    [InlineData("trn2.48xlarge", 1.4, 0.7, 1.6, 0.8)]
    public void Factors_that_made_the_measurements_are_found_again(string id, double startup, double bandwidth, double farStartup, double farBandwidth)
    {
        SystemDescription system = Catalog.System(id).Value!;
        CommunicationOverlay truth = new("made up", new(startup, bandwidth, 0.1, 0), new(farStartup, farBandwidth, 0.1, 0));
        int domain = system.ChipsPerScaleUpDomain * system.Chip.RanksPerChip;
        List<BenchmarkRow> rows = [.. Rows(SystemOverlay.Under(system, truth), domain, 1), .. Rows(SystemOverlay.Under(system, truth), 4 * domain, 4)];
        List<Diagnostic> problems = [];
        OwnFabric own = OwnFabricFit.Fit(Catalog.DataRoot, system, rows, "made up", problems).ShouldNotBeNull(string.Join('\n', problems));
        problems.ShouldBeEmpty();
        Near(own.ScaleUp!.Overlay.Startup, startup, 0.08);
        Near(own.ScaleUp.Overlay.Bandwidth, bandwidth, 0.05);
        Near(own.ScaleOut!.Overlay.Startup, farStartup, 0.12);
        Near(own.ScaleOut.Overlay.Bandwidth, farBandwidth, 0.05);
        own.ScaleUp.ErrorHeld.ShouldBeLessThan(0.05);
        own.ScaleOut.ErrorAfter.ShouldBeLessThan(own.ScaleOut.ErrorBefore);
    }

    [Fact]
    public void The_file_it_writes_is_the_machine_it_found()
    {
        SystemDescription system = Catalog.System("dgx-h100").Value!;
        CommunicationOverlay truth = new("made up", null, new(2, 0.5, 0.1, 0));
        List<Diagnostic> problems = [];
        OwnFabric own = OwnFabricFit.Fit(Catalog.DataRoot, system, [.. Rows(SystemOverlay.Under(system, truth), 32, 4)], "made up \"here\"", problems)!;
        string path = Path.Combine(Path.GetTempPath(), $"own-{Environment.ProcessId}.yaml");
        try
        {
            File.WriteAllText(path, own.Yaml("mine"));
            Result<SystemDescription> read = Catalog.System(path);
            read.Diagnostics.ShouldBeEmpty();
            read.Value!.Communication.ShouldBe(own.Overlay);
            read.Value.Name.ShouldBe("mine");
            read.Value.Levels[^1].Latency.Value.Value.ShouldBe(system.Levels[^1].Latency.Value.Value * own.Overlay.ScaleOut!.Startup, 1e-12);
            double before = Time(system, 64), after = Time(read.Value, 64);
            after.ShouldBeGreaterThan(1.5 * before);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Few_measurements_are_not_fitted_and_groups_that_do_not_fit_are_refused()
    {
        SystemDescription system = Catalog.System("dgx-h100").Value!;
        List<Diagnostic> problems = [];
        OwnFabricFit.Fit(Catalog.DataRoot, system, [.. Rows(system, 8, 1).Take(3)], "x", problems).ShouldBeNull();
        problems.ShouldHaveSingleItem().Code.ShouldBe(BenchmarkCodes.TooFew);
        problems.Clear();
        OwnFabricFit.Fit(Catalog.DataRoot, system, [.. Rows(system, 8, 1).Select(static row => row with { Ranks = 32, Servers = 2 })], "x", problems).ShouldBeNull();
        problems.ShouldHaveSingleItem().Code.ShouldBe(BenchmarkCodes.DoesNotFit);
    }

    private static double Time(SystemDescription system, int ranks) => ClosedFormCollectives.Open(Catalog.DataRoot, system).Value!
        .Cost(new Collective(CollectiveKind.AllReduce, new Bytes(1 << 30)), new RankGroups(system, system.Chip.RanksPerChip).Group(1, ranks, ranks)).Time.Value;

    /// <summary>A sweep of two operations as the model has them, two per cent of noise on each.</summary>
    private static IEnumerable<BenchmarkRow> Rows(SystemDescription system, int ranks, int servers)
    {
        ClosedFormCollectives model = ClosedFormCollectives.Open(Catalog.DataRoot, system).Value!;
        RankGroup group = new RankGroups(system, system.Chip.RanksPerChip).Group(1, ranks, ranks);
        RandomStream random = RandomStream.Create(3, "noise", ranks);
        int line = 0;
        foreach (CollectiveKind kind in (CollectiveKind[])[CollectiveKind.AllReduce, CollectiveKind.AllGather])
        {
            for (double bytes = 4096; bytes <= 1L << 32; bytes *= 4)
            {
                double time = model.Cost(new Collective(kind, new Bytes(bytes), NumberFormat.Fp32), group).Time.Value * Math.Exp(0.02 * random.NextNormal());
                yield return new(kind, bytes, NumberFormat.Fp32, ranks, servers, new Seconds(time), "made-up.txt", ++line);
            }
        }
    }

    private static void Near(double found, double truth, double share) => found.ShouldBeInRange(truth * (1 - share), truth * (1 + share));
}

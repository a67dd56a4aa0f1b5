using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Chips.Gpu;
using Orrery.Operators;
using Orrery.Units;
using Orrery.Validation.Cases;

namespace Orrery.Validation.Kernels;

/// <summary>How published operator tables were measured, and which of their rows constants are not fitted on: <c>data/calibration/tables.yaml</c>.</summary>
public sealed class KernelTables
{
    private readonly ImmutableArray<Rule> rules;

    private readonly ImmutableArray<string> bareAttention;
    private readonly ImmutableArray<string> bareProducts;
    private readonly ImmutableArray<string> totalCaches;
    private readonly ImmutableArray<LibraryRows> libraries;
    private readonly ImmutableArray<string> carriedTo;

    private KernelTables(
        ImmutableArray<Rule> rules,
        ImmutableArray<string> bareAttention,
        ImmutableArray<string> bareProducts,
        ImmutableArray<string> totalCaches,
        ImmutableArray<LibraryRows> libraries,
        ImmutableArray<string> carriedTo)
    {
        this.totalCaches = totalCaches;
        this.libraries = libraries;
        this.carriedTo = carriedTo;
        this.rules = rules;
        this.bareAttention = bareAttention;
        this.bareProducts = bareProducts;
    }

    /// <summary>Chips on which the constants of their nearest chip are tried beside their own.</summary>
    public ImmutableArray<string> CarriedTo => carriedTo;

    /// <summary>Nothing known: every row is fitted and scored as the kernel with its passes.</summary>
    public static KernelTables None { get; } = new([], [], [], [], [], []);

    /// <summary>Reads the rules of a data folder.</summary>
    public static Result<KernelTables> Open(DataCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return Read(Path.Combine(catalog.DataRoot, "calibration", "tables.yaml"), "data/calibration/tables.yaml");
    }

    /// <summary>Reads a file of rules.</summary>
    public static Result<KernelTables> Read(string path, string? displayName = null)
    {
        DiagnosticList diagnostics = new(displayName ?? path);
        return Read(YamlReader.ReadFile(path, diagnostics), diagnostics);
    }

    /// <summary>Reads a text, for tests.</summary>
    public static Result<KernelTables> Parse(string text, string displayName)
    {
        DiagnosticList diagnostics = new(displayName);
        return Read(YamlReader.Read(text, diagnostics), diagnostics);
    }

    /// <summary>The surroundings in which a row was measured.</summary>
    public GpuModelOptions OptionsOf(KernelCase row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return GpuModelOptions.Benchmark with
        {
            AttentionHasPasses = !bareAttention.Contains(row.Origin.Group),
            ProductHasQuantising = !HasBareProducts(row),
            Library = Find(row)?.Name ?? "",
        };
    }

    /// <summary>The operator a row measures; false with the reason where the vocabulary of work has none.</summary>
    public bool TryRead(KernelCase row, out Operator work, out string why)
    {
        if (!KernelReading.TryRead(row, out work, out why))
            return false;
        if (work is { Kind: OperatorKind.Matmul, Format: NumberFormat.Fp8 } && Find(row) is { HasBlockScales: true })
            work = work with { Format = NumberFormat.Fp8Block };
        if (work.Kind == OperatorKind.AttentionDecode && work.Batch > 1 && totalCaches.Contains(row.Origin.Group))
        {
            work = work with { KeyLength = work.KeyLength / work.Batch };
            if (work.KeyLength == 0)
                why = "fewer cached tokens in all than sequences: most have none";
            return work.KeyLength > 0;
        }

        return true;
    }

    /// <summary>Whether a row is to be fitted, and if not, whether it is scored and why not.</summary>
    public bool IsFitted(KernelCase row, in Operator work, out bool isScored, out string reason)
    {
        ArgumentNullException.ThrowIfNull(row);
        foreach (Rule rule in rules)
        {
            if (rule.Holds(row, work))
            {
                isScored = rule.IsScored;
                reason = rule.Reason;
                return false;
            }
        }

        isScored = true;
        reason = "";
        return true;
    }

    private static Result<KernelTables> Read(YamlNode? root, DiagnosticList diagnostics)
    {
        if (MappingReader.OfRoot(root, diagnostics) is not { } top)
            return new(null, diagnostics.InOrder());
        ImmutableArray<Rule>.Builder found = ImmutableArray.CreateBuilder<Rule>();
        foreach (MappingReader entry in top.Groups("rules"))
        {
            entry.RequiredText("name", "a short name");
            found.Add(new Rule(
                entry.Text("group"),
                entry.Text("kind"),
                entry.Text("chip"),
                entry.Text("quality"),
                entry.Quantity("cacheAbove", QuantityKind.Data, 0, 1e18) ?? 0,
                entry.Flag("isGrouped", false),
                entry.Flag("scored", true),
                entry.RequiredText("reason", "why the rows are left out")));
            entry.Finish();
        }

        ImmutableArray<string> attention = [.. top.Texts("bareAttention").Select(static scalar => scalar.Text)];
        ImmutableArray<string> products = [.. top.Texts("bareProducts").Select(static scalar => scalar.Text)];
        ImmutableArray<string> carried = [.. top.Texts("carriedTo").Select(static scalar => scalar.Text)];
        ImmutableArray<string> totals = [.. top.Texts("totalCaches").Select(static scalar => scalar.Text)];
        ImmutableArray<LibraryRows>.Builder told = ImmutableArray.CreateBuilder<LibraryRows>();
        foreach (MappingReader entry in top.Groups("libraries"))
        {
            told.Add(new(
                entry.RequiredText("name", "the library as operators.yaml calls it"),
                entry.RequiredText("begins", "the beginning of its name in tables"),
                entry.Text("group"),
                entry.Flag("hasBlockScales", false)));
            entry.Finish();
        }

        top.Finish();
        return new(diagnostics.HasErrors ? null : new KernelTables(found.ToImmutable(), attention, products, totals, told.ToImmutable(), carried), diagnostics.InOrder());
    }

    private LibraryRows? Find(KernelCase row)
    {
        foreach (LibraryRows library in libraries)
        {
            if (row.Library.StartsWith(library.Begins, StringComparison.Ordinal) && (library.Group.Length == 0 || library.Group == row.Origin.Group))
                return library;
        }

        return null;
    }

    private bool HasBareProducts(KernelCase row)
    {
        foreach (string library in bareProducts)
        {
            if (row.Library.StartsWith(library, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    /// <summary>Rows of one kernel library.</summary>
    /// <param name="HasBlockScales">Its 8-bit products scale blocks, whatever the table calls the format.</param>
    private sealed record LibraryRows(string Name, string Begins, string Group, bool HasBlockScales);

    private sealed record Rule(string Group, string Kind, string Chip, string Quality, double CacheAbove, bool IsGrouped, bool IsScored, string Reason)
    {
        public bool Holds(KernelCase row, in Operator work) =>
            (Group.Length == 0 || Group == row.Origin.Group)
            && (Kind.Length == 0 || Kind == row.Kind)
            && (Chip.Length == 0 || Chip == row.Chip)
            && (Quality.Length == 0 || row.Origin.HasQuality(Quality))
            && (CacheAbove <= 0 || work.CacheBytes > CacheAbove)
            && (!IsGrouped || row.Heads > row.KvHeads);
    }
}

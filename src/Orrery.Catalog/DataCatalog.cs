using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog.Loading;
using Orrery.Catalog.Yaml;

namespace Orrery.Catalog;

/// <summary>
/// The descriptions in a data folder. Opening costs nothing: a file is read when it is asked for, once. Safe for use from many threads; the same
/// folder and assumptions give the same answers in any order of questions.
/// </summary>
public sealed class DataCatalog
{
    private const string Extension = ".yaml";
    private const string VocabularyName = "constants";

    private readonly string root;
    private readonly AssumptionSet assumptions;
    private readonly Lock gate = new();
    private readonly Dictionary<string, Result<ChipDescription>> chips = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Result<SystemDescription>> systems = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Result<StackDescription>> stacks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Result<CalibrationFile>> calibrations = new(StringComparer.Ordinal);
    private SortedDictionary<string, string>? chipAliases;
    private SortedDictionary<string, string>? systemAliases;
    private List<(string Pattern, string Id)>? coverage;
    private Result<StackVocabulary>? vocabulary;

    private DataCatalog(string root, AssumptionSet assumptions)
    {
        this.root = root;
        this.assumptions = assumptions;
        ChipIds = FileNames("chips");
        SystemIds = FileNames("systems");
        StackIds = FileNames("stacks").Remove(VocabularyName);
        ModelIds = FolderNames("models");
    }

    /// <summary>The data folder.</summary>
    public string DataRoot => root;

    /// <summary>Ids of chips, sorted; from file names, nothing is parsed.</summary>
    public ImmutableArray<string> ChipIds { get; }

    /// <summary>Ids of systems, sorted.</summary>
    public ImmutableArray<string> SystemIds { get; }

    /// <summary>Ids of stacks, sorted.</summary>
    public ImmutableArray<string> StackIds { get; }

    /// <summary>Ids of models, sorted: folders that hold a <c>config.json</c>.</summary>
    public ImmutableArray<string> ModelIds { get; }

    /// <summary>Opens a data folder; reads names of files only. A folder that is missing is an empty catalogue.</summary>
    /// <param name="assumptions">Readings to take instead of the default ones, by key: <c>trainium3.memoryBandwidth</c> to <c>brochure</c>.</param>
    public static DataCatalog Open(string dataRoot, IReadOnlyDictionary<string, string>? assumptions = null) => new(dataRoot, new(assumptions));

    /// <summary>
    /// Finds the data folder: the environment variable <c>ORRERY_DATA</c>, else a folder <c>data</c> with <c>chips</c> in it beside the executable or in a folder above it.
    /// Where there is none, the first place looked at is returned and every name will be unknown.
    /// </summary>
    public static string FindDataRoot()
    {
        string? named = Environment.GetEnvironmentVariable("ORRERY_DATA");
        if (!string.IsNullOrWhiteSpace(named))
        {
            return named;
        }

        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "data");
            if (Directory.Exists(Path.Combine(candidate, "chips")))
            {
                return candidate;
            }
        }

        return Path.Combine(AppContext.BaseDirectory, "data");
    }

    /// <summary>A chip by id, by another name it is printed under (<c>A100-SXM-80GB</c>; capitals do not count), or by the path of a file.</summary>
    public Result<ChipDescription> Chip(string nameOrPath)
    {
        lock (gate)
        {
            return LoadChip(nameOrPath, null);
        }
    }

    /// <summary>A system by id, another name or path.</summary>
    /// <param name="chip">A chip to put in place of the system's own (the same server with another memory size); null for its own.</param>
    public Result<SystemDescription> System(string nameOrPath, string? chip = null)
    {
        lock (gate)
        {
            return LoadSystem(nameOrPath, chip);
        }
    }

    /// <summary>
    /// A stack by id, by a release it covers (<c>megatron-bridge-26.08</c>: an exact name beats a pattern, a longer pattern beats a shorter), or by path.
    /// Calibrated constants and the switches of the release asked for are merged in; every word of the vocabulary has a value.
    /// </summary>
    public Result<StackDescription> Stack(string nameOrPath)
    {
        lock (gate)
        {
            return LoadStack(nameOrPath);
        }
    }

    /// <summary>The vocabulary of stack constants.</summary>
    public Result<StackVocabulary> Vocabulary()
    {
        lock (gate)
        {
            return LoadVocabulary();
        }
    }

    /// <summary>The calibration of a chip, system or stack by its id; one without fits where there is no file.</summary>
    public Result<CalibrationFile> Calibration(CalibrationKind kind, string id)
    {
        lock (gate)
        {
            return LoadCalibration(kind, id);
        }
    }

    /// <summary>Where the calibration of a subject lies, whether or not it exists.</summary>
    public string CalibrationPath(CalibrationKind kind, string id) => Path.Combine(root, "calibration", FolderOf(kind), id + Extension);

    /// <summary>The folder of a catalogue model.</summary>
    public string ModelPath(string id) => Path.Combine(root, "models", id);

    /// <summary>
    /// Complains about assumptions that name no chip or system, no figure of it, or no reading of the figure. Reads the files they name.
    /// Loading reports the last two as well, but only for what is loaded.
    /// </summary>
    public ImmutableArray<Diagnostic> CheckAssumptions()
    {
        ImmutableArray<Diagnostic>.Builder found = ImmutableArray.CreateBuilder<Diagnostic>();
        HashSet<string> done = new(StringComparer.Ordinal);
        foreach (string key in assumptions.Keys)
        {
            string? known = SubjectOf(key);
            int point = known?.Length ?? key.IndexOf('.', StringComparison.Ordinal);
            string subject = point < 0 ? key : key[..point];
            bool chip = ChipIds.Contains(subject);
            if (known is null)
            {
                string hint = ChipIds.Contains(key) || SystemIds.Contains(key)
                    ? "a key is CHIP.FIGURE or SYSTEM.FIGURE, such as trainium3.memoryBandwidth"
                    : Suggestion.Of(subject, [.. ChipIds, .. SystemIds]);
                found.Add(new(Severity.Error, DiagnosticCode.UnknownAssumption, AssumptionSet.File, 0, 0, $"'{key}' names no chip or system; {hint}"));
            }
            else if (done.Add(subject))
            {
                found.AddRange((chip ? Chip(subject).Diagnostics : SystemIds.Contains(subject) ? System(subject).Diagnostics : Stack(subject).Diagnostics).Where(one => one.File == AssumptionSet.File));
            }
        }

        return found.ToImmutable();
    }

    /// <summary>The chip, system or stack of a key: the longest id that it begins with, since ids such as trn1.32xlarge have points too; null where there is none.</summary>
    private string? SubjectOf(string key)
    {
        string? found = null;
        foreach (ImmutableArray<string> ids in (ReadOnlySpan<ImmutableArray<string>>)[ChipIds, SystemIds, StackIds])
        {
            foreach (string id in ids)
            {
                if (key.Length > id.Length && key[id.Length] == '.' && key.StartsWith(id, StringComparison.Ordinal) && id.Length > (found?.Length ?? 0))
                    found = id;
            }
        }

        return found;
    }

    private static string FolderOf(CalibrationKind kind) => kind switch
    {
        CalibrationKind.Chips => "chips",
        CalibrationKind.Collectives => "collectives",
        CalibrationKind.Stacks => "stacks",
        CalibrationKind.Serving => "serving",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kind of calibration"),
    };

    private static bool IsPath(string name) => name.Contains('/', StringComparison.Ordinal) || name.Contains('\\', StringComparison.Ordinal) || name.EndsWith(Extension, StringComparison.Ordinal);

    private Result<ChipDescription> LoadChip(string name, string? beside)
    {
        if (IsPath(name))
        {
            string path = beside is null || Path.IsPathRooted(name) ? name : Path.Combine(beside, name);
            return Read(path, path);
        }

        string? id = Resolve(name, "chips", ChipIds, ref chipAliases);
        if (id is null)
        {
            return new(null, [Unknown("chip", name, ChipIds, chipAliases)]);
        }

        if (!chips.TryGetValue(id, out Result<ChipDescription>? chip))
        {
            chip = Read(PathOf("chips", id), Shown("chips", id));
            chips[id] = chip;
        }

        return chip;

        Result<ChipDescription> Read(string path, string shown)
        {
            DiagnosticList diagnostics = new(shown);
            ChipDescription? read = ChipLoader.Load(IdOf(path), YamlReader.ReadFile(path, diagnostics), diagnostics, assumptions);
            return new(read, diagnostics.InOrder());
        }
    }

    /// <summary>A system by name, alias, slice or path.</summary>
    /// <param name="isBase">The system is asked for by an overlay, so it may be none itself.</param>
    private Result<SystemDescription> LoadSystem(string name, string? chip, bool isBase = false)
    {
        if (IsPath(name))
        {
            return Read(name, name);
        }

        string? id = Resolve(name, "systems", SystemIds, ref systemAliases);
        if (id is null)
        {
            return LoadSlice(name, chip) ?? new(null, [Unknown("system", name, SystemIds, systemAliases)]);
        }

        if (!systems.TryGetValue(id + "\n" + chip, out Result<SystemDescription>? system))
        {
            system = Read(PathOf("systems", id), Shown("systems", id));
            systems[id + "\n" + chip] = system;
        }

        return system;

        Result<SystemDescription> Read(string path, string shown)
        {
            DiagnosticList diagnostics = new(shown);
            YamlNode? node = YamlReader.ReadFile(path, diagnostics);
            if (SystemOverlayLoader.IsOverlay(node))
            {
                SystemDescription? overlaid = SystemOverlayLoader.Load(IdOf(path), node, diagnostics, isBase ? null : from => LoadSystem(from, chip, isBase: true));
                return new(overlaid, diagnostics.InOrder());
            }

            SystemDescription? read = SystemLoader.Load(
                IdOf(path),
                node,
                diagnostics,
                assumptions,
                own => LoadChip(chip ?? own, chip is null ? Path.GetDirectoryName(path) : null));
            return new(read, diagnostics.InOrder());
        }
    }

    /// <summary>A slice of a system by its shape (<c>tpu-v5p-4x4x8</c>); null where the name is no system and shape.</summary>
    private Result<SystemDescription>? LoadSlice(string name, string? chip)
    {
        int dash = name.LastIndexOf('-');
        if (dash <= 0 || SystemSlices.Parse(name[(dash + 1)..]) is not { } shape || Resolve(name[..dash], "systems", SystemIds, ref systemAliases) is not { } id)
        {
            return null;
        }

        Result<SystemDescription> whole = LoadSystem(id, chip);
        if (whole.Value is not { } system)
        {
            return whole;
        }

        if (SystemSlices.Cut(system, shape) is { } slice)
        {
            return new(slice with { Name = $"{system.Name}, slice of {SystemSlices.Text(shape)}" }, whole.Diagnostics);
        }

        string known = SystemSlices.Describe(system);
        string shown = SystemSlices.Text(shape);
        string why = known.Length == 0 ? $"'{id}' is not rented in slices" : $"'{id}' has no slice {shown}; its slices are {known}";
        return new(null, [new(Severity.Error, DiagnosticCode.UnknownName, "--system", 0, 0, why)]);
    }

    private Result<StackDescription> LoadStack(string name)
    {
        if (stacks.TryGetValue(name, out Result<StackDescription>? known))
        {
            return known;
        }

        Result<StackVocabulary> words = LoadVocabulary();
        if (words.Value is null)
        {
            return new(null, words.Diagnostics);
        }

        string path = name;
        string shown = name;
        if (!IsPath(name))
        {
            (string? id, Diagnostic? problem) = StackIds.Contains(name) ? (name, null) : FindCover(name);
            if (id is null)
            {
                return new(null, [problem ?? Unknown("stack", name, StackIds, null)]);
            }

            path = PathOf("stacks", id);
            shown = Shown("stacks", id);
        }

        DiagnosticList diagnostics = new(shown);
        StackDescription? stack = StackLoader.Load(IdOf(path), YamlReader.ReadFile(path, diagnostics), diagnostics, words.Value, assumptions);
        if (stack is not null)
        {
            Result<CalibrationFile> calibration = LoadCalibration(CalibrationKind.Stacks, stack.Id);
            diagnostics.AddRange(calibration.Diagnostics);
            if (calibration.Value is not null)
            {
                DiagnosticList merging = new(Shown("calibration/stacks", stack.Id));
                stack = StackLoader.Merge(stack, calibration.Value, words.Value, merging);
                diagnostics.AddRange(merging.InOrder());
            }

            stack = StackLoader.Apply(stack, name);
        }

        Result<StackDescription> result = new(diagnostics.HasErrors ? null : stack, diagnostics.InOrder());
        stacks[name] = result;
        return result;
    }

    /// <summary>The stack whose best pattern for the name is strongest; null where none fits or two fit alike.</summary>
    private (string? Id, Diagnostic? Problem) FindCover(string name)
    {
        if (coverage is null)
        {
            coverage = [];
            foreach (string id in StackIds)
            {
                foreach (string pattern in StackLoader.Covers(YamlReader.ReadFile(PathOf("stacks", id), new(""))))
                {
                    coverage.Add((pattern, id));
                }
            }
        }

        string? best = null;
        int strength = -1;
        string? rival = null;
        foreach ((string pattern, string id) in coverage)
        {
            if (!CoveredName.Matches(pattern, name))
            {
                continue;
            }

            int here = CoveredName.Strength(pattern);
            if (here > strength)
            {
                (best, strength, rival) = (id, here, null);
            }
            else if (here == strength && id != best)
            {
                rival = id;
            }
        }

        return rival is null
            ? (best, null)
            : (null, new(Severity.Error, DiagnosticCode.AmbiguousName, "--stack", 0, 0, $"'{name}' is covered by '{best}' and by '{rival}' alike; name one of them"));
    }

    private Result<StackVocabulary> LoadVocabulary() =>
        vocabulary ??= StackVocabulary.Read(PathOf("stacks", VocabularyName), Shown("stacks", VocabularyName));

    private Result<CalibrationFile> LoadCalibration(CalibrationKind kind, string id)
    {
        string path = CalibrationPath(kind, id);
        if (calibrations.TryGetValue(path, out Result<CalibrationFile>? known))
        {
            return known;
        }

        Result<CalibrationFile> file;
        if (IsPath(id) || !File.Exists(path))
        {
            file = new(CalibrationFile.None(kind, id), []);
        }
        else
        {
            string shown = Shown("calibration/" + FolderOf(kind), id);
            file = CalibrationFile.Read(path, shown);
            if (file.Value is { } read && (read.Subject != id || read.Kind != kind))
            {
                file = new(null, [new(Severity.Error, DiagnosticCode.WrongSubject, shown, 1, 1, $"the file says it is of {FolderOf(read.Kind)} '{read.Subject}'; its place says {FolderOf(kind)} '{id}'")]);
            }
        }

        calibrations[path] = file;
        return file;
    }

    /// <summary>An id itself, else the id of the file that lists the name as an alias. Aliases are read from all files once, when a name is no id.</summary>
    private string? Resolve(string name, string folder, ImmutableArray<string> ids, ref SortedDictionary<string, string>? aliases)
    {
        if (ids.Contains(name))
        {
            return name;
        }

        if (aliases is null)
        {
            aliases = new(StringComparer.OrdinalIgnoreCase);
            foreach (string id in ids)
            {
                aliases.TryAdd(id, id);
            }

            foreach (string id in ids)
            {
                DiagnosticList ignored = new("");
                if (MappingReader.OfRoot(YamlReader.ReadFile(PathOf(folder, id), ignored), ignored) is { } top)
                {
                    foreach (YamlScalar alias in top.Texts("aliases"))
                    {
                        aliases.TryAdd(alias.Text, id);
                    }

                    aliases.TryAdd(top.Text("name", id), id);
                }
            }
        }

        return aliases.GetValueOrDefault(name);
    }

    private static Diagnostic Unknown(string what, string name, ImmutableArray<string> ids, SortedDictionary<string, string>? aliases)
    {
        string shown = DiagnosticList.OneLine(name.Length <= 60 ? name : name[..57] + "...");
        string hint = ids.IsEmpty
            ? $"the data folder holds no {what}s; set ORRERY_DATA to the folder 'data' of Orrery"
            : Orrery.Units.EditDistance.Nearest(name, aliases is null ? ids : [.. ids, .. aliases.Keys]) is { } nearest ? $"did you mean '{nearest}'?" : Suggestion.Of(name, ids);
        return new(Severity.Error, DiagnosticCode.UnknownName, "--" + what, 0, 0, $"there is no {what} '{shown}'; {hint}");
    }

    private static string IdOf(string path) => Path.GetFileNameWithoutExtension(path);

    private string PathOf(string folder, string id) => Path.Combine(root, folder, id + Extension);

    /// <summary>How messages call a file of the data folder: the same wherever the folder lies.</summary>
    private static string Shown(string folder, string id) => string.Create(CultureInfo.InvariantCulture, $"data/{folder}/{id}{Extension}");

    private ImmutableArray<string> FileNames(string folder)
    {
        string path = Path.Combine(root, folder);
        if (!Directory.Exists(path))
        {
            return [];
        }

        List<string> names = [];
        foreach (string file in Directory.EnumerateFiles(path, "*" + Extension))
        {
            names.Add(IdOf(file));
        }

        names.Sort(StringComparer.Ordinal);
        return [.. names];
    }

    private ImmutableArray<string> FolderNames(string folder)
    {
        string path = Path.Combine(root, folder);
        if (!Directory.Exists(path))
        {
            return [];
        }

        List<string> names = [];
        foreach (string one in Directory.EnumerateDirectories(path))
        {
            if (File.Exists(Path.Combine(one, "config.json")))
            {
                names.Add(Path.GetFileName(one));
            }
        }

        names.Sort(StringComparer.Ordinal);
        return [.. names];
    }
}

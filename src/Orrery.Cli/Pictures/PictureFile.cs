using Orrery.Catalog;

namespace Orrery.Cli.Pictures;

/// <summary>Writes pictures where the user wants them.</summary>
public static class PictureFile
{
    /// <summary>Writes over what the file held before; a diagnostic where that cannot be done.</summary>
    public static Diagnostic? Write(string file, string picture, string flag, CommandContext context)
    {
        try
        {
            File.WriteAllText(file, picture);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new(Severity.Error, ErrorCodes.CannotWrite, flag, 0, 0, $"'{Quote.Argument(file)}' cannot be written: {Quote.Argument(failure.Message)}");
        }

        context.Error.WriteLine($"orrery: a picture is written to {Quote.Argument(file)}");
        return null;
    }
}

@echo off
rem Installs the LSTM course from this folder, without network:  install.bat [FOLDER]
setlocal
py -@PYTHON@ -c "" >nul 2>&1
if not errorlevel 1 (
    py -@PYTHON@ "%~dp0install.py" %*
    goto end
)
python -c "" >nul 2>&1
if not errorlevel 1 (
    python "%~dp0install.py" %*
    goto end
)
echo There is no Python 3 here: install Python @PYTHON@, then run install.bat again.
:end
pause
